"""Two real ngIRCds lose each other, with a hundred people on the one that the bridge is not on.

Where they find each other again, nobody on Matrix may have noticed; where they do not, nobody who
was behind the split may be left in the room.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.servers import ngircd
from bridgekit.testing.servers.ngircd_server import Ngircd
from demo.irc_person import IRCPerson, irc_person
from tests.real_attack.crowd import bridge_between
from tests.real_attack.deadline import last_words, noting
from tests.real_attack.report import Report
from tests.real_attack.stage import DOMAIN

CHANNEL = "#valley"
ALIAS = f"#irc_{CHANNEL}:{DOMAIN}"
HUB, LEAF = "hub.test.local", "leaf.test.local"
MANY = 100
PATIENCE = 3.0  # seconds that the second attack leaves to whoever is behind the split
GHOST = "@irc_far"


@dataclass(slots=True)
class Valley:
    """`near` is on the bridge's server, and its operator; `far` are on the other one."""

    hs: FakeHomeserver
    near: IRCPerson
    leaf: Ngircd
    far: list[IRCPerson] = field(default_factory=list)
    room: str = ""
    heard: list[str] = field(default_factory=list)
    moves: list[str] = field(default_factory=list)
    """Changes of ghosts' membership, as they happened."""

    def saw(self, event) -> None:
        if event.type == "m.room.member" and event.state_key.startswith(GHOST):
            self.moves.append(f"{event.state_key} {event.content['membership']}")
        elif event.type == "m.room.message" and event.sender.startswith(GHOST):
            self.heard.append(event.content["body"])

    def there(self) -> list[str]:
        """Which of their ghosts are in the room."""
        joined = self.hs.world.rooms[self.room].members()
        return [member for member in joined if member.startswith(GHOST)]

    async def until(self, so: Callable[[], bool]) -> None:
        async for _ in self.hs.changes():
            if so():
                return

    async def say(self) -> list[str]:
        """Everybody far says a line, which arrives; returns what was said."""
        said = [f"{one.nick} {time.monotonic_ns()}" for one in self.far]
        for one, text in zip(self.far, said, strict=True):
            one.say(CHANNEL, text)
        await self.until(lambda: set(said) <= set(self.heard))
        return said

    async def link(self) -> None:
        self.near.send(f"CONNECT {LEAF} {self.leaf.port}")
        names = [one.nick for one in self.far]
        await self.near.wait(lambda: all(map(self.near.present, names)))

    async def split(self) -> None:
        self.near.send(f"SQUIT {LEAF} :a tree fell on it")
        names = [one.nick for one in self.far]
        await self.near.wait(lambda: not any(map(self.near.present, names)))


@asynccontextmanager
async def _valley(
    folder: Path, many: int, more: str = "", *, retry: int = 5
) -> AsyncIterator[Valley]:
    """All of them in the channel and, as ghosts, in the room. `more` is of the settings.

    `retry`: seconds until the servers link again by themselves.
    """
    async with AsyncExitStack() as stack:
        starter = stack.enter_context(ThreadPoolExecutor(1))
        hub = stack.enter_context(ngircd(folder / "hub", name=HUB, beside=LEAF, retry=retry))
        leaf = stack.enter_context(ngircd(folder / "leaf", name=LEAF, beside=HUB))
        hs = await stack.enter_async_context(FakeHomeserver(DOMAIN))
        bridge = bridge_between(folder, hs, hub.port, CHANNEL, more)
        stack.push_async_callback(asyncio.to_thread, bridge.stop)
        stack.enter_context(noting(lambda: last_words(bridge.log)))
        near = await stack.enter_async_context(irc_person(hub.port, "near", CHANNEL))
        near.send(f"OPER {hub.oper} {hub.oper_password}")
        valley = Valley(hs, near, leaf)
        hs.world.on_event.append(lambda _, event: valley.saw(event))
        for number in range(many):
            person = irc_person(leaf.port, f"far{number}", CHANNEL)
            valley.far.append(await stack.enter_async_context(person))
        await valley.link()
        await asyncio.get_running_loop().run_in_executor(starter, bridge.start)
        await valley.until(lambda: ALIAS in hs.world.aliases)
        valley.room = await hs.person("alice").join(ALIAS)
        await near.wait(lambda: near.present("gardener"))
        await valley.say()
        await valley.until(lambda: len(valley.there()) == many)
        yield valley


async def heals(folder: Path, size: int, _seed: int) -> Report:
    """`size` people are gone and come back; a hundred do so twice."""
    report, began = Report("a netsplit that heals"), time.monotonic()
    splits = 2 if size >= MANY else 1
    async with _valley(folder, size) as valley:
        before = len(valley.moves)
        for _ in range(splits):
            await valley.split()
            await valley.link()
            report.compare(sorted(await valley.say()), sorted(valley.heard[-size:]))
        moves = valley.moves[before:]
        report.require(not moves, f"{len(moves)} events of members, such as {moves[:2]}")
        report.require(len(valley.there()) == size, f"{len(valley.there())} are there")
    report.seconds = time.monotonic() - began
    report.note = f"{size} people, {splits} splits: {len(moves)} events of members on Matrix"
    return report


async def stays(folder: Path, size: int, _seed: int) -> Report:
    """`size` people are gone, and stay away longer than anybody waits."""
    report, began = Report("a netsplit that does not heal"), time.monotonic()
    more = f"    splits: {{patience: {PATIENCE} s}}\n"
    async with _valley(folder, size, more, retry=3600) as valley:
        before = len(valley.moves)
        await valley.split()
        gone = time.monotonic()
        await valley.until(lambda: not valley.there())
        took, moves = time.monotonic() - gone, valley.moves[before:]
        report.require(len(moves) == size, f"{len(moves)} events of members, not {size}")
        report.events = len(moves)
    report.seconds = time.monotonic() - began
    report.note = (
        f"{size} people, who had {PATIENCE:.0f} s: after {took:.1f} s no ghost was left in the room"
    )
    return report
