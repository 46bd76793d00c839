"""The two sides, the bridge between them, and the model of a story that is being played."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from bridgekit.errors import BridgekitError
from bridgekit.facts import Chat as RemoteChat
from bridgekit.ids import ChatID, RoomID
from bridgekit.supports import Absence
from bridgekit.testing.loopback.keeping import KeepingNetwork, Telling
from bridgekit.testing.rig import NETWORK, Rig
from bridgekit.to_network.dispatch import DEATHS
from tests.stateful.model import Chat, Model, Side
from tests.stateful.sides import MatrixPeople, NetworkPeople, People

BOT = "@bridgebot:example.org"
OURS, FREE = "#ours", "#free"  # the bridge made the room of one, a person that of the other
MATRIX, REMOTE = ("alice", "carol"), ("bob", "dave")
_PATIENCE = 50  # tries
_LONGEST = 6 * 3600.0  # seconds until all is done, whatever it waits for
_OPEN = text("SELECT count(*) AS jobs FROM job WHERE dead = 0")


@dataclass(frozen=True)
class Flavour:
    """What kind of network it is."""

    idempotent: bool = False
    remembers: bool = True
    """It can be asked what became of a send."""


class World:
    """Everything that a step may touch; `furnish` it first.

    It is played on a `CrashLoop`: no time passes until somebody waits for it, and whoever waits
    for a second finds everything done that could be done by then.
    """

    def __init__(self, rig: Rig, flavour: Flavour) -> None:
        self.rig, self.hs = rig, rig.hs
        remembers = Absence.ABSENT if flavour.remembers else None
        self.network = KeepingNetwork(idempotent=flavour.idempotent, remembers=remembers)
        rig.network, rig.networks = self.network, {NETWORK: self.network}
        self.model = Model({OURS: Chat(OURS), FREE: Chat(FREE)})
        self.people = {name: rig.hs.person(name) for name in MATRIX}
        self.remote = NetworkPeople(self.network)
        self.settles = flavour.idempotent or flavour.remembers
        self.sides: dict[Side, People] = {
            Side.MATRIX: MatrixPeople(self.people),
            Side.NETWORK: self.remote,
        }
        self.numbers = itertools.count(1)
        self.homeserver_up = True
        self.gated = False
        """People's logins had to connect again."""
        self.cuts = 0
        """How often a send may have lost its answer: at most one of each chat (decision 10)."""
        self.deaths = 0
        """How often the bridge ended, killed or stopped."""

    async def furnish(self) -> None:
        """Both chats have a room with everybody in it."""
        self.rig.links = ()
        self.rig.link(OURS)
        self.rig.hs.world.add_account(BOT)
        await self.rig.start()
        alice, carol = self.people["alice"], self.people["carol"]
        free = await alice.create_room(preset="public_chat", room_version="11", invite=[BOT])
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
    def doubts(self) -> int:
        """How many messages of a chat may be in doubt."""
        return self.deaths // DEATHS if self.settles else self.cuts

    @property
    def up(self) -> bool:
        task = self.rig.task
        return task is not None and not task.done() and self.rig.bridge.ready.is_set()

    @property
    def acknowledged(self) -> Sequence[Telling]:
        """What the bridge has of all that the network told it."""
        outbox = self.network.outbox(self.network.first)
        return outbox.tellings[: outbox.acknowledged]

    # The bridge, and time.

    async def kill(self) -> None:
        self._ends()
        await self.rig.kill()

    async def stop(self) -> None:
        """SIGTERM, for as long as it takes."""
        self._ends()
        async with asyncio.timeout(_LONGEST):
            await self.rig.stop()

    def _ends(self) -> None:
        self.gated = True
        self.cuts += 1
        self.deaths += 1

    def start(self) -> None:
        """A start that finds no homeserver waits for it: nobody waits for the start here."""
        if self.rig.task is None:
            self.rig.begin()

    async def operate(
        self, operation: Callable[[World], Coroutine[Any, Any, None]], dies: int | None
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
                await asyncio.sleep(1)
        raise AssertionError("an operation never succeeds")

    async def turns(self, count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    async def calm(self) -> None:
        """Everybody is there: return once everything that can be done is done.

        Faults that wait for their moment have it now.
        """
        await self._heal()
        left: object = ()
        quiet = 0
        try:
            async with asyncio.timeout(_LONGEST):
                while quiet < 3:
                    await asyncio.sleep(1)
                    await self._watch_over()
                    left = await self._left()
                    quiet = 0 if left else quiet + 1
        except TimeoutError:
            raise AssertionError(f"it never calms down, for there is left: {left}") from None

    async def again(self) -> None:
        """All that was ever told is told once more, from both sides."""
        for telling in list(self.acknowledged):
            self.network.tell(telling)
        await self.calm()
        await self.hs.replay_last(20)
        await self.calm()

    async def _heal(self) -> None:
        self.network.offline = False
        if not self.homeserver_up:
            await self.hs.start()
            self.homeserver_up = True
        self.start()

    async def _watch_over(self) -> None:
        """A bridge that gave up is started again; of what else ends one, the story tells."""
        task = self.rig.task
        if task is not None and task.done():
            if not isinstance(task.exception(), BridgekitError):
                await task
            await self.kill()
        self.start()

    async def _left(self) -> tuple[object, ...]:
        """What is still to be done; nothing where all is quiet."""
        if not self.up:
            return ("the start",)
        inbox, pushers = self.parts.matrix.inbox._count, self.hs._pushers.values()
        (row,) = await self.parts.store.reader.all(_OPEN)
        left = (
            self.network.unacknowledged,
            sum(not pusher.idle for pusher in pushers),
            inbox.accepted - inbox.split,
            self.parts.matrix.members.busy,
            row.jobs,
        )
        return left if any(left) else ()


def side_of(who: str) -> Side:
    """Where somebody is."""
    return Side.MATRIX if who in MATRIX else Side.NETWORK
