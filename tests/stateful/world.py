"""The two sides, the bridge between them, and the model of a story that is being played."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from bridgekit.errors import BridgekitError
from bridgekit.events import Content, RemoteEvent
from bridgekit.facts import Chat as RemoteChat
from bridgekit.ids import ChatID, MessageID, RemoteUserID, RoomID
from bridgekit.store.sql import Rows
from bridgekit.supports import Absence
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.rig import NETWORK, Rig
from tests.stateful.model import Chat, Model, Said, Side
from tests.stateful.outbox import Outbox

BOT = "@bridgebot:example.org"
OURS, FREE = "#ours", "#free"  # the bridge made the room of one, a person that of the other
MATRIX, REMOTE = ("alice", "carol"), ("bob", "dave")
_PATIENCE = 50  # tries
_OPEN = text("SELECT count(*) AS jobs FROM job WHERE dead = 0")


@dataclass(frozen=True)
class Flavour:
    """What kind of network it is."""

    idempotent: bool = False
    remembers: bool = True
    """It can be asked what became of a send."""


class World:
    """Everything that a step may touch; `furnish` it first."""

    def __init__(self, rig: Rig, clock: VirtualClock, flavour: Flavour) -> None:
        self.rig, self.clock, self.flavour = rig, clock, flavour
        self.hs, self.network = rig.hs, rig.network
        self.network.idempotent = flavour.idempotent
        self.network.remembers = Absence.ABSENT if flavour.remembers else None
        self.outbox = Outbox(self.network)
        self.model = Model({OURS: Chat(OURS), FREE: Chat(FREE)})
        self.people = {name: rig.hs.person(name) for name in MATRIX}
        self.numbers = itertools.count(1)
        self.homeserver_up = True
        self.gated = False
        """People's logins had to connect again."""
        self._starting: asyncio.Task[Any] | None = None

    async def furnish(self) -> None:
        """Both chats have a room with everybody in it."""
        self.rig.links = ()
        self.rig.link(OURS)
        self.rig.hs._world.add_account(BOT)
        await self.rig.start()
        alice, carol = self.people["alice"], self.people["carol"]
        options = {"preset": "public_chat", "room_version": "11"}
        free = await alice.create_room(invite=[BOT], **options)
        await alice.set_power(free, BOT, 100)
        await self.link(free)
        ours = await alice.join(f"#loop_{OURS}:example.org")
        for room in (ours, free):
            await carol.join(room)
        self.model.chats[OURS].rooms.append(ours)
        self.model.chats[FREE].rooms.append(free)
        await self.calm()

    async def link(self, room: str) -> None:
        linking = self.parts.matrix.rooms.linking
        await linking.link(NETWORK, RemoteChat(ChatID(FREE)), RoomID(room))

    @property
    def parts(self) -> Any:
        return self.rig.bridge.parts

    @property
    def up(self) -> bool:
        return self.rig.task is not None and self._starting is None

    # What the network's people do.

    def happens(self, chat: str, who: str, content: Content, name: str | None = None) -> Event:
        """Something happens over there; the bridge is not told yet."""
        event = RemoteEvent(
            RemoteChat(ChatID(chat)),
            RemoteUserID(who),
            content,
            id=MessageID(name) if name else None,
            key=f"key {next(self.numbers)}",
        )
        self.network.happen(event)
        return event

    # Who shows what as what.

    async def event_of(self, chat: Chat, said: Said) -> str | None:
        """The event that shows something said; None if there is none yet."""
        if said.side is Side.MATRIX:
            return said.id
        if said.shown_as is None:
            for event in await self.people["alice"].messages(chat.rooms[said.generation]):
                if event["content"].get("body") in said.versions:
                    said.shown_as = event["event_id"]
                    break
        return said.shown_as

    def message_of(self, chat: Chat, said: Said) -> str | None:
        """The network's message that shows something said; None if there is none yet."""
        if said.side is Side.NETWORK:
            return said.id
        if said.shown_as is None:
            for told in self.network.chat(chat.name).messages.values():
                if told.text in said.versions:
                    said.shown_as = told.id
        return said.shown_as

    # The bridge, and time.

    async def kill(self) -> None:
        self.gated = True
        await self._stop_starting()
        await self.outbox.cut()
        await self.rig.kill()

    async def stop(self) -> None:
        """SIGTERM, for as long as it takes."""
        await self._stop_starting()
        if self.rig.task is None:
            return
        self.gated = True
        stopping = asyncio.create_task(self.rig.stop())
        async with asyncio.timeout(30):
            while not stopping.done():
                await self.clock.advance(1)
        await stopping
        await self.outbox.cut()

    def start(self) -> None:
        """A start that finds no homeserver waits for it: nobody waits for the start here."""
        if self.rig.task is None and self._starting is None:
            self._starting = asyncio.create_task(self._start())

    async def _start(self) -> None:
        try:
            await self.rig.start()
        except BridgekitError:  # it gave up: whoever watches over it starts it again
            await self.rig.kill()
        finally:
            self._starting = None
        self.outbox.wake()

    async def _stop_starting(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
            self._starting = None

    async def operate(
        self, operation: Callable[[World], Awaitable[None]], dies: int | None
    ) -> None:
        """An operation that is repeated until it returns, also over a death of the bridge."""
        if dies is not None:
            trying = asyncio.create_task(operation(self))
            await self.turns(dies)
            await self.kill()
            trying.cancel()
            await asyncio.gather(trying, return_exceptions=True)
            await self.calm()
        for _ in range(_PATIENCE):
            try:
                return await operation(self)
            except BridgekitError:  # the homeserver is in one of its moods
                await self.clock.advance(1)
        raise AssertionError("an operation never succeeds")

    async def turns(self, count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    async def calm(self) -> None:
        """Everybody is there: return once everything that can be done is done.

        Faults that wait for their moment have it now.
        """
        await self._heal()
        before, still, quiet = None, 0, 0
        async with asyncio.timeout(60):
            while quiet < 3:
                await self._turn()
                state = await self._left()
                quiet = 0 if state else quiet + 1
                still = still + 1 if state == before else 0
                before = state
                # A start and a database take turns of the event loop rather than time.
                if state and still > 10:
                    await self.clock.advance(min(2.0 ** (still - 11), 60.0))

    async def again(self) -> None:
        """All that was ever told is told once more, from both sides."""
        self.outbox.put(*self.outbox.told)
        await self.calm()
        await self.hs.replay_last(20)
        await self.calm()

    async def _heal(self) -> None:
        self.network.offline = False
        if not self.homeserver_up:
            await self.hs.start()
            self.homeserver_up = True
        self.hs.release()
        self.start()

    async def _turn(self) -> None:
        self.hs.retry_now()
        self.outbox.wake()
        self.start()
        if self.up:
            await self.parts.store.writer.write(Rows())
        await settle()

    async def _left(self) -> tuple[object, ...]:
        """What is still to be done; nothing where all is quiet."""
        if not self.up:
            return ("the start",)
        inbox, pushers = self.parts.matrix.inbox._count, self.hs._pushers.values()
        (row,) = await self.parts.store.reader.all(_OPEN)
        left = (
            len(self.outbox.waiting),
            sum(not pusher.idle for pusher in pushers),
            inbox.accepted - inbox.split,
            self.parts.matrix.members.busy,
            row.jobs,
        )
        return left if any(left) else ()


Event = RemoteEvent[Any]
