"""Alice signs in, or out: whatever dies meanwhile, there is a whole login or none, and she knows.

She does what people do: where she hears that nothing has come of it, she begins anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridgekit.clock import Clock
from bridgekit.ids import LoginID
from bridgekit.testing.crash import Allowed, End
from bridgekit.testing.crash.database import NAME
from bridgekit.testing.crash.scenario import World
from tests.crash.world import LoopbackWorld, loopback_world

BOT = "@bridgebot:example.org"
SIGNED_IN, SIGNED_OUT = "You are signed in to Loopback as carol.", "Signed out of loop, as carol."
# After these she begins anew.
NOTHING = ("was broken off", "may be done or not", "given up", "just starting")


@dataclass(slots=True)
class Alice:
    """`login` is hers, once she has one; `private` the room of its chat with Bob."""

    world: LoopbackWorld
    folder: Path = Path()
    room: str = ""
    private: str = ""
    login: str = ""

    async def room_with_the_bot(self) -> None:
        world = self.world
        self.room = await world.alice.create_room(invite=[BOT], direct=True)
        await world.until(lambda: world.matrix.membership(BOT, self.room) == "join")

    def heard(self, *words: str) -> int:
        """How often the bot has said any of these to her."""
        rooms = self.world.hs.world.rooms.values()
        bodies = [
            str(event.content.get("body", ""))
            for room in rooms
            for event in room.events
            if event.sender == BOT
        ]
        return sum(any(word in body for word in words) for body in bodies)

    async def sign_in(self) -> None:
        while not self.heard(SIGNED_IN):
            await self._try_to_sign_in()
        await self.world.until(self.clients)
        self.login = self.clients()[0]

    async def _try_to_sign_in(self) -> None:
        world, pairing = self.world, self.world.network.pairing
        known, failed = set(pairing.codes), self.heard(*NOTHING)
        await world.alice.say(self.room, "sign-in loop")
        await world.until(lambda: set(pairing.codes) - known or self.heard(*NOTHING) > failed)
        for code in set(pairing.codes) - known:
            pairing.scan(code, "carol")
            await world.until(lambda: self.heard(SIGNED_IN) or self.heard(*NOTHING) > failed)

    def clients(self) -> Sequence[LoginID]:
        """Hers that are connected, and not only by a bridge that is dead."""
        stored = {name for (name,) in self.rows("SELECT id FROM login")}
        clients = self.world.network.clients.items()
        return [name for name, one in clients if one.me == "carol" and name in stored]

    async def private_chat(self) -> None:
        world = self.world
        await world.bob.say("bob", "psst", id="p1", to=LoginID(self.login))
        self.private = await world.matrix.invited()
        await world.alice.join(self.private)
        await world.until(lambda: world.matrix.shows("psst", self.private))

    async def sign_out(self) -> None:
        while not self.heard(SIGNED_OUT):
            await self._try_to_sign_out()

    async def _try_to_sign_out(self) -> None:
        failed = self.heard(*NOTHING)
        line = f'sign-out {self.login} --confirm="{self.login} 1"'
        await self.world.alice.say(self.room, line)
        await self.world.until(lambda: self.heard(SIGNED_OUT) or self.heard(*NOTHING) > failed)

    def rows(self, query: str) -> list[Any]:
        """What the database of the present bridge says."""
        with closing(sqlite3.connect(f"file:{self.folder / NAME}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()


async def _room_first(alice: Alice) -> None:
    await LoopbackWorld.both_spoke(alice.world)
    await alice.room_with_the_bot()


async def _login_first(alice: Alice) -> None:
    await _room_first(alice)
    await alice.sign_in()
    await alice.private_chat()


Act = Callable[[Alice], Awaitable[None]]
PLAYS: dict[str, tuple[Act, Act]] = {
    "signing-in": (_room_first, Alice.sign_in),
    "signing-out": (_login_first, Alice.sign_out),
}


@dataclass(frozen=True, slots=True)
class Signing:
    """One play; each is played on one kind of network only, as it sends nothing there."""

    play: str
    profile: str = "idempotent"

    @property
    def name(self) -> str:
        return f"{self.play}-{self.profile}"

    @property
    def events(self) -> int:
        return 3

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[World]:
        network = {"idempotent": True}
        allowed = Allowed(doubt=False)
        async with loopback_world(folder, clock, allowed=allowed, network=network) as world:
            yield _Played(Alice(world), *PLAYS[self.play])


@dataclass(frozen=True, slots=True)
class _Played:
    alice: Alice
    before: Act
    act: Act

    def bridge(self, folder: Path) -> Any:
        self.alice.folder = folder
        return self.alice.world.bridge(folder)

    async def prepare(self) -> None:
        await self.before(self.alice)

    async def play(self) -> None:
        await self.act(self.alice)

    async def end(self) -> End:
        alice = self.alice
        matrix = alice.world.matrix
        kinds = alice.rows("SELECT kind FROM login WHERE kind IN ('signed_in', 'leaving')")
        facts = [
            f"logins: {sorted(kinds)}",
            f"connected as carol: {len(alice.clients())}",
            f"signed in was told: {alice.heard(SIGNED_IN)}",
            f"signed out was told: {alice.heard(SIGNED_OUT)}",
            f"sign-ins under way: {alice.rows('SELECT count(*) FROM sign_in')}",
            f"still to be told: {alice.rows('SELECT count(*) FROM word')}",
            f"bound private chats: {len(alice.rows(_PRIVATE))}",
        ]
        if alice.private:
            facts.append(
                f"bob's ghost: {matrix.membership('@loop_bob:example.org', alice.private)}"
            )
        return End({}, facts)


_PRIVATE = "SELECT id FROM portal WHERE receiver != ''"
