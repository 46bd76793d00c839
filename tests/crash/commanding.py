"""Alice tells the bridge what to do: it is done once, and each time she hears how it ended.

She does what people do: where she hears that it may be done or not, she says it again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridgekit.clock import Clock
from bridgekit.permissions.rights import Level
from bridgekit.testing.crash import Allowed, End
from bridgekit.testing.crash.database import NAME
from bridgekit.testing.crash.scenario import World
from tests.crash.rooms import both_speak, own_room
from tests.crash.world import LoopbackWorld, loopback_world

BOT = "@bridgebot:example.org"
PREFIX = "!bridge"


@dataclass(slots=True)
class Alice:
    """`alone` is her room with the bot."""

    world: LoopbackWorld
    folder: Path = Path()
    alone: str = ""
    secret: bool = False
    """Both rooms are encrypted."""

    async def come(self) -> None:
        """She has a room of her own, in which the bot is, and one with the bot alone."""
        world = self.world
        world.room = await own_room(world.alice, encrypted=self.secret)
        self.alone = await world.alice.create_room(invite=[BOT], direct=True, encrypted=self.secret)
        rooms = (world.room, self.alone)
        await world.until(lambda: all(world.matrix.membership(BOT, one) == "join" for one in rooms))

    def answers(self, room: str) -> list[str]:
        """What the bot has answered there, how far it is left out."""
        bodies = [body for sender, body in self.said(room) if sender == BOT]
        return [body for body in bodies if not body.endswith("…")]

    def said(self, room: str) -> list[tuple[str, str]]:
        """Who has said what there."""
        events = self.world.hs.world.rooms[room].events
        read = [self.world.alice.opened(one.for_clients(0)) for one in events]
        said = [one for one in read if one["type"] == "m.room.message"]
        return [(one["sender"], str(one["content"].get("body", ""))) for one in said]

    async def gives(self, room: str, line: str, *done: str) -> None:
        """Until the bot says that it is so; what is to be confirmed is."""
        answer = ""
        while not any(words in answer for words in done):
            answer = await self._asks(room, line)
            if "confirm to do it" in answer:
                answer = await self._asks(room, f"{PREFIX} confirm")

    async def _asks(self, room: str, line: str) -> str:
        before = len(self.answers(room))
        await self.world.alice.say(room, line)
        await self.world.until(lambda: len(self.answers(room)) > before)
        return self.answers(room)[-1]

    def rows(self, query: str) -> list[Any]:
        """What the database of the present bridge says."""
        with closing(sqlite3.connect(f"file:{self.folder / NAME}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()


async def by_hand(alice: Alice) -> None:
    """A room is linked to a chat, and unlinked again."""
    world = alice.world
    await alice.gives(world.room, f"{PREFIX} link loop #room", "is bridged with this room")
    await both_speak(world, "linked")
    await alice.gives(world.room, f"{PREFIX} unlink", "It is unlinked", "is not bridged")


async def on_demand(alice: Alice) -> None:
    """Rooms that she has the bridge make, and a token."""
    await alice.gives(alice.alone, "open loop #tea", "you are in it, or invited")
    await alice.gives(alice.alone, "start loop dave", "you are in it, or invited")
    await alice.gives(alice.alone, "new-token script", "Keep it now", "a token called script")


PLAYS: dict[str, Callable[[Alice], Awaitable[None]]] = {"by-hand": by_hand, "on-demand": on_demand}


@dataclass(frozen=True, slots=True)
class Commanding:
    """One play; her rooms are plain or encrypted."""

    play: str
    profile: str

    @property
    def name(self) -> str:
        return f"{self.play}-{self.profile}"

    @property
    def events(self) -> int:
        return 6

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[World]:
        network, allowed = {"idempotent": True}, Allowed(doubt=False)
        secret = "none" if self.profile == "encrypted" else None
        async with loopback_world(
            folder, clock, allowed=allowed, network=network, linked=False, encrypted=secret
        ) as world:
            world.rig.permissions[world.alice.user_id] = Level.ADMIN
            yield _Played(Alice(world, secret=bool(secret)), PLAYS[self.play])


@dataclass(frozen=True, slots=True)
class _Played:
    alice: Alice
    act: Callable[[Alice], Awaitable[None]]

    def bridge(self, folder: Path) -> Any:
        self.alice.folder = folder
        return self.alice.world.bridge(folder)

    async def prepare(self) -> None:
        await self.alice.come()

    async def play(self) -> None:
        await self.act(self.alice)

    async def end(self) -> End:
        alice, world = self.alice, self.alice.world
        members = (
            sorted(user for user in room.members() if user.startswith("@loop_"))
            for room in world.hs.world.rooms.values()
        )
        heard = [one.text for one in world.network.heard]
        facts = [
            f"rooms: {len(world.hs.world.rooms)}",
            f"ghosts in them: {sorted(members)}",
            f"bound: {sorted(alice.rows(_BOUND))}",
            f"tokens: {alice.rows('SELECT name FROM api_token')}",
            f"said here: {world.matrix.shows('linked there', world.room)}",
            *(f"said there: {text}" for text in heard),
        ]
        return End({}, facts, trouble=self._unanswered())

    def _unanswered(self) -> list[str]:
        """Where she has had more or fewer answers than she has given commands."""
        alice, found = self.alice, []
        for name in (alice.world.room, alice.alone):
            prefix = PREFIX if name != alice.alone else ""
            said = [body for sender, body in alice.said(name) if sender != BOT]
            given = [body for body in said if body.startswith(prefix)]
            answers = alice.answers(name)
            if len(given) != len(answers):
                found.append(f"{len(given)} commands had {len(answers)} answers")
        return found


_BOUND = "SELECT chat, receiver != '' FROM portal WHERE state = 'bound'"
