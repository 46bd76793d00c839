"""Pins: what `m.room.pinned_events` lists now and did not before, and the other way round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridgekit.events import Message, MessageKind, Pin
from bridgekit.ids import EventID, LoginID, MessageID, UserID
from bridgekit.lanes.journey import Done
from bridgekit.lanes.moot import Moot
from bridgekit.pieces import Piece
from bridgekit.reasons import Reason
from bridgekit.richtext import Text
from bridgekit.said import before
from bridgekit.store.sql import Rows
from bridgekit.supports import SupportsPin
from bridgekit.to_network.act import Happened, Pieces, Route, Scene
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.fallback import Feature, Way
from bridgekit.to_network.fitting import Fitting, in_lines
from bridgekit.to_network.quoting import meant
from bridgekit.to_network.targets import Targets

MOST = 50  # of one event


@dataclass(frozen=True, slots=True)
class Pinning:
    """Messages are pinned, or no longer; `events` are those that show what is pinned."""

    pins: tuple[Pin, ...]
    events: tuple[EventID, ...]
    fitting: Fitting
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        if isinstance(route.client, SupportsPin):
            return Pieces([Piece(pin) for pin in self.pins])
        why = f"{scene.network.name} cannot pin messages."
        if route.fallbacks.way(Feature.PIN) is Way.NOTHING:
            raise Failed(Reason.UNSUPPORTED, why)
        lines = [await self._line(scene, event) for event in self.events]
        if not lines:
            raise Moot(Reason.NO_CHANGE)
        return in_lines(route, *lines, note=f"{why} It was sent as a line of text.")

    async def _line(self, scene: Scene, event: EventID) -> Message:
        original = await self.fitting.original(scene, event)
        about = () if original is None else (Text(" of "), *meant(original))
        return Message((Text("pinned a message"), *about), MessageKind.EMOTE)

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        del scene, route, happened
        return []


async def read_pins(scene: Scene, targets: Targets, fitting: Fitting) -> Pinning:
    """What a change of the pinned events asks of the network; raises `Moot`."""
    old, new = _pinned(before(scene.event) or {}), _pinned(scene.content)
    come = [event for event in new if event not in old][-MOST:]
    gone = [event for event in old if event not in new][-MOST:]
    pins = [Pin(message, removed=True) for message in await _messages(scene, targets, gone)]
    pins += [Pin(message) for message in await _messages(scene, targets, come)]
    if not pins:
        raise Moot(Reason.NO_CHANGE if old == new else Reason.TARGET_UNKNOWN)
    shown = [event for event in come if await targets.message(scene, event) is not None]
    return Pinning(tuple(pins), tuple(shown), fitting)


async def _messages(scene: Scene, targets: Targets, events: Sequence[EventID]) -> list[MessageID]:
    """The messages of these events, as far as the network has them."""
    found = [await targets.message(scene, event) for event in events]
    return [message for message in found if message is not None]


def _pinned(content: Mapping[str, Any]) -> list[EventID]:
    listed = content.get("pinned")
    return [
        EventID(event)
        for event in (listed if isinstance(listed, list) else ())
        if isinstance(event, str)
    ]
