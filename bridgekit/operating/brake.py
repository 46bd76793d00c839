"""What the operator holds: everything, or a network, a login or a chat, until it is let go.

Events are taken and stored as ever and wait in their lanes, in their order. Commands go through.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from bridgekit.codec import load_event
from bridgekit.errors import RetryLater, Scope
from bridgekit.ids import EventID, LoginID, NetworkName, PortalID, PortalKey, UserID
from bridgekit.lanes.attempt import Handler
from bridgekit.lanes.journey import Done, Journey
from bridgekit.models import Direction, Portal
from bridgekit.room.portals import Portals
from bridgekit.status import Status
from bridgekit.store.changes import note
from bridgekit.store.people import People, save_value
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()

LOOK_AGAIN = 600.0  # seconds; whoever lets go wakes what waits
EVERYTHING = "everything"
_NOWHERE, _KEY = NetworkName(""), "brake"  # where it is kept: no network is called so


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """`network` "" is all of them; at most one of `login` and `chat` narrows it down."""

    network: str = ""
    login: str = ""
    chat: str = ""

    def __str__(self) -> str:
        if not self.network:
            return EVERYTHING
        narrow = (
            f", login {self.login}" if self.login else f", chat {self.chat}" if self.chat else ""
        )
        return f"{self.network}{narrow}"


class Braked(RetryLater):
    """Not now; it waits where it is."""

    def __init__(self) -> None:
        words = "The operator of the bridge has paused this"
        super().__init__(words, after=LOOK_AGAIN, scope=Scope.NETWORK)


class Brake:
    """`resume` has everything that waits look again; `freed` is told which login may go on."""

    def __init__(
        self,
        people: People,
        writer: Writer,
        resume: Callable[[], None],
        freed: Callable[[LoginID], None],
    ) -> None:
        self._people, self._writer = people, writer
        self._resume, self._freed = resume, freed
        self.held: frozenset[Held] = frozenset()
        self.since = 0
        self.told: set[PortalID] = set()
        self._open = asyncio.Event()
        self._open.set()

    @property
    def everything(self) -> bool:
        return Held() in self.held

    async def recall(self) -> None:
        """What was held when the last process ended still is."""
        kept = json.loads(await self._people.value(_NOWHERE, _KEY) or "[0]")
        self._set(frozenset(Held(*one) for one in kept[1:]), kept[0])
        if self.held:
            log.warning("the brake is on", held=self.shown(), fix="`bridgekit do release`")

    async def hold(self, held: Held, by: UserID, at: int) -> None:
        """Durable on return."""
        await self._keep(self.held | {held}, "brake", f"{held} by {by}", at)

    async def release(self, held: Held | None, by: UserID, at: int) -> None:
        """None: everything that is held."""
        left = frozenset[Held]() if held is None else self.held - {held}
        gone = self.held - left
        await self._keep(left, "release", f"{held or EVERYTHING} by {by}", at)
        self._resume()
        for one in gone:
            if one.login:
                self._freed(LoginID(one.login))

    def shown(self) -> str:
        return "; ".join(map(str, sorted(self.held)))

    def stops(self, key: PortalKey) -> bool:
        """Whether what is for this chat, or comes from it, waits."""
        return bool(
            self.held
            & {
                Held(),
                Held(key.network),
                Held(key.network, chat=key.chat),
                Held(key.network, login=key.receiver or "\0"),
            }
        )

    def __contains__(self, login: object) -> bool:
        """Whether this login is held: what others send goes on."""
        return any(one.login == login for one in self.held)

    async def off(self) -> None:
        """Return once not everything is held: what nobody waits for stands still meanwhile."""
        await self._open.wait()

    def _set(self, held: frozenset[Held], since: int) -> None:
        self.held, self.since = held, since
        self.told.clear()
        if self.everything:
            self._open.clear()
        else:
            self._open.set()

    async def _keep(self, held: frozenset[Held], what: str, detail: str, at: int) -> None:
        kept = json.dumps([at, *([one.network, one.login, one.chat] for one in sorted(held))])
        both = (save_value(_NOWHERE, _KEY, kept if held else None), note(at, what, detail))
        await self._writer.write(Rows(*(change for one in both for change in one.changes)))
        self._set(held, at)
        log.warning(what, what=detail)


class BrakedHandler:
    """A direction's handler behind the brake. Who speaks in a chat that is held is told, once."""

    def __init__(self, handler: Handler, brake: Brake, portals: Portals, status: Status) -> None:
        self._handler, self._brake = handler, brake
        self._portals, self._status = portals, status
        self.bury = handler.bury

    async def handle(self, journey: Journey) -> Done:
        if self._brake.held and (number := journey.job.lane.portal) is not None:
            portal = await self._portals.get(number)
            if self._brake.stops(portal.key):
                await self._tell(journey, portal)
                raise Braked
        return await self._handler.handle(journey)

    async def _tell(self, journey: Journey, portal: Portal) -> None:
        """One notice a chat: a homeserver that suffers is spared more."""
        to_network = journey.job.lane.direction is Direction.TO_NETWORK
        if not to_network or portal.room is None or portal.id in self._brake.told:
            return
        event: dict[str, Any] = load_event(journey.job.body or "")
        words = "⏳ The operator of the bridge has paused this; it is delivered when it goes on."
        key = f"brake {portal.id} {self._brake.since}"
        reply_to, mention = EventID(event["event_id"]), UserID(event["sender"])
        say = self._status.notice
        await say(portal.room, words, key=key, reply_to=reply_to, mention=mention)
        self._brake.told.add(portal.id)
