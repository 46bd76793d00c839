"""A pin on the network: the room's list of pinned events, changed by the bot.

Spec: client-server API, "m.room.pinned_events".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridgekit.events import Content, Pin
from bridgekit.ids import EventID, RoomID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lanes.journey import Done, dropped
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Result
from bridgekit.reasons import Reason
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.targets import Targets

KIND = "m.room.pinned_events"
MOST = 250  # 65 536 bytes hold an event, and 250 characters an event ID at its longest


class Pins:
    """One change of a room at a time; safe to repeat."""

    def __init__(self, targets: Targets, intents: Intents) -> None:
        self._targets, self._intents = targets, intents
        self._locks: KeyedLocks[RoomID] = KeyedLocks()

    async def bridge(self, scene: Scene[Content], pin: Pin) -> Done:
        """Raises as `Targets.shown`."""
        if scene.room is None:
            return dropped(Reason.NOT_LINKED)
        links = await self._targets.shown(scene, pin.target)
        try:
            async with self._locks.hold(scene.room):
                changed = await self._change(scene.room, [one.event for one in links], pin)
        except Refused as refused:
            return Done(Reason.NO_POWER, Result.FAILED, str(refused))
        if not changed:
            return dropped(Reason.NO_CHANGE)
        return Done(Reason.DELIVERED, targets=(links[0].event,))

    async def _change(self, room: RoomID, events: Sequence[EventID], pin: Pin) -> bool:
        pinned = _pinned(await self._intents.state(room, KIND))
        if pin.removed:
            new = [event for event in pinned if event not in events]
        elif any(event in pinned for event in events):
            new = pinned
        else:
            new = [*pinned, events[0]][-MOST:]
        if new != pinned:
            await self._intents.set_state(room, KIND, {"pinned": new})
        return new != pinned


def _pinned(content: dict[str, Any] | None) -> list[str]:
    found = (content or {}).get("pinned")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
