"""Many people of Matrix and one on IRC in one channel of a real ngIRCd, and the bridge between.

With the holder, which keeps the connections while the bridge is away, or without it.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bridgekit.configuration import registration
from bridgekit.configuration.config import load
from bridgekit.configuration.plugins import adapters
from bridgekit.testing.homeserver import FakeHomeserver, Person
from bridgekit.testing.servers import Process, free_port, ngircd
from bridgekit.testing.servers.process import listens
from demo.irc_person import IRCPerson, Line, irc_person
from tests.real_attack import ledgers
from tests.real_attack.deadline import last_words, noting
from tests.real_attack.gaps import MISSING, Gaps
from tests.real_attack.stage import DOMAIN, IN_DOUBT, ROOT

CHANNEL, BOT = "#crowd", "gardener"
ALIAS = f"#irc_{CHANNEL}:{DOMAIN}"
WHILE_AWAY = 20  # lines said on IRC while the bridge is away
_HOLDER = "from bridges.irc.holder.command import app; app()"
_CONFIG = """\
homeserver: {{url: "{homeserver}", domain: {domain}}}
appservice:
  url: "http://127.0.0.1:{port}"
  listen: "127.0.0.1:{port}"
  as_token: as-token-of-the-attack-0123456789
  hs_token: hs-token-of-the-attack-0123456789
database: sqlite:///bridge.db
permissions: {{"*": relay, {domain}: user}}
networks:
  irc:
    host: 127.0.0.1
    port: {irc_port}
    tls: false
    nick: {bot}
    flood: {{burst: 20, rate: 1000}}
    links: [{{chat: "{channel}"}}]
{more}"""


@dataclass(slots=True)
class Crowd:
    """Everybody in the one room, and what each side has been shown."""

    folder: Path
    held: bool
    hs: FakeHomeserver
    bridge: Process
    starter: Executor
    rosa: IRCPerson
    people: list[Person]
    room: str = ""
    by_people: dict[str, list[str]] = field(default_factory=dict)
    by_rosa: list[str] = field(default_factory=list)
    on_matrix: list[str] = field(default_factory=list)
    on_irc: dict[str, list[str]] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    """What may not have been sent, as its sender was told."""
    settled: set[str] = field(default_factory=set)
    """People's lines that were shown, or told of as in doubt."""
    gaps: Gaps = field(default_factory=Gaps)
    strangers: list[str] = field(default_factory=list)
    """What was shown as somebody else's."""
    there: set[str] = field(default_factory=set)
    pongs: int = 0
    calm: asyncio.Event = field(default_factory=asyncio.Event)
    """Not while nobody listens on IRC."""
    quits: list[str] = field(default_factory=list)
    echoes: list[str] = field(default_factory=list)
    """What people said on Matrix that came back there as somebody's on IRC."""
    names: dict[str, str] = field(default_factory=dict)
    """Under which nick people are on IRC, where that is not their own name."""
    away: set[int] = field(default_factory=set)
    """Who says nothing now, as they are put out of the room."""
    moves: int = 0
    """How often somebody was renamed or put out."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def saw_on_irc(self, line: Line) -> None:
        if line.command == "PRIVMSG" and line.where == CHANNEL:
            name = line.text.split()[0]
            self.on_irc.setdefault(name, []).append(line.text)
            self.settled.add(line.text)
            if line.nick != self.names.get(name, name):
                self.strangers.append(f"{line.nick}: {line.text}")
        elif line.command == "JOIN":
            self.there.add(line.nick)
        elif line.command == "PONG":
            self.pongs += 1
        elif line.command == "QUIT":
            self.quits.append(line.nick)
            self.there.discard(line.nick)
        elif line.command == "NICK":
            self._renamed(line.nick, line.where)
        self.changed.set()

    def _renamed(self, nick: str, new: str) -> None:
        if nick == self.rosa.nick:
            self.rosa.nick = new
            return
        name = next((name for name, known in self.names.items() if known == nick), nick)
        self.names[name] = new

    def saw_on_matrix(self, event) -> None:
        body = event.content.get("body", "")
        if event.type == "m.room.message" and body.startswith("rosa "):
            self.on_matrix.append(body)
            if not event.sender.startswith("@irc_ros"):
                self.strangers.append(f"{event.sender}: {body}")
        elif event.sender.startswith("@irc_") and body.startswith("person"):
            self.echoes.append(f"{event.sender}: {body}")
        elif event.type == "m.room.message" and IN_DOUBT in body:
            answered = event.content.get("m.relates_to", {}).get("m.in_reply_to", {})
            said = self.bodies.get(answered.get("event_id", ""), " ")
            self.told.setdefault(said.split(" ")[0], []).append(said)
            self.settled.add(said)
        elif event.type == "m.room.message" and MISSING in body:
            self.gaps.told[CHANNEL] += 1
        self.changed.set()

    async def says(self, number: int) -> None:
        name = f"person{number}"
        said = self.by_people.setdefault(name, [])
        said.append(f"{name} {len(said)}")
        self.bodies[await self.people[number].say(self.room, said[-1])] = said[-1]

    def somebody(self, rng: random.Random) -> int:
        """One of the people who are there."""
        return rng.choice([n for n in range(len(self.people)) if n not in self.away])

    async def renames(self, number: int, nick: str) -> None:
        """Somebody takes another nick, by a command; one that a kill cuts off is given again."""
        while self.names.get(f"person{number}") != nick:
            await self.people[number].say(self.room, f"!bridge nick {nick}")
            with suppress(TimeoutError):
                await self.until(lambda: self.names.get(f"person{number}") == nick, within=60)

    async def put_out(self, number: int) -> None:
        """Rosa puts somebody out of the channel, who is put out of the room, and comes back."""
        nick = self.names.get(f"person{number}", f"person{number}")
        person, there = self.people[number], self.hs.world.rooms[self.room].members
        self.away.add(number)
        self.rosa.send(f"KICK {CHANNEL} {nick} :go")
        await self.until(lambda: person.user_id not in there(), within=600)
        await person.join(ALIAS)
        await self.says(number)  # which brings them back into the channel
        last = self.by_people[f"person{number}"][-1]
        await self.until(lambda: last in self.settled, within=600)
        self.away.discard(number)

    def rosa_becomes(self, nick: str) -> None:
        self.rosa.send(f"NICK {nick}")

    def ghosts(self) -> list[str]:
        """Those of rosa that are in the room, under whatever nick."""
        joined = self.hs.world.rooms[self.room].members()
        return [member for member in joined if member.startswith("@irc_ros")]

    def rosa_says(self, count: int) -> None:
        for _ in range(count):
            self.by_rosa.append(f"rosa {len(self.by_rosa)}")
            self.rosa.say(CHANNEL, self.by_rosa[-1])

    @property
    def unsettled(self) -> int:
        return sum(map(len, self.by_people.values())) - len(self.settled)

    @property
    def unshown(self) -> int:
        return len(self.by_rosa) - len(self.on_matrix)

    @property
    def arrived(self) -> int:
        return len(self.on_matrix) + sum(map(len, self.on_irc.values()))

    @property
    def waiting(self) -> int:
        said = len(self.by_rosa) + sum(map(len, self.by_people.values()))
        return said - self.arrived

    async def until(self, so: Callable[[], bool], within: float = 240.0) -> None:
        """`TimeoutError` once nothing has come for so long: a busy machine is slow, not stuck."""
        while not so():
            self.changed.clear()
            async with asyncio.timeout(within):
                await self.changed.wait()

    def account(self) -> str:
        return f"{self.waiting} are said and not there. {last_words(self.bridge.log)}"

    def online(self) -> int:
        """How often the bridge has said that a login is online, since its log began."""
        return self.bridge.log.read_text(encoding="utf-8", errors="replace").count("login online")

    async def again(self) -> float:
        """`kill -9` and a start; the seconds until everybody is connected."""
        if not self.held:
            self.calm.clear()
        await asyncio.to_thread(self.bridge.kill)
        self.rosa_says(WHILE_AWAY)
        if not self.held:
            await self._nobody_hears()
        before = self.online()
        began = time.monotonic()
        await asyncio.get_running_loop().run_in_executor(self.starter, self.bridge.start)
        while self.online() - before <= len(self.people):  # noqa: ASYNC110 (a log tells nobody)
            await asyncio.sleep(0.05)
        took = time.monotonic() - began
        await self.until(lambda: self.held or BOT in self.there)
        self.calm.set()
        return took

    async def _nobody_hears(self) -> None:
        """What rosa has just said is over before the bridge is back, and what it had not stored."""
        self.rosa.send("PING :over")
        pongs = self.pongs
        await self.until(lambda: self.pongs > pongs and BOT not in self.there)
        self.gaps.cut({CHANNEL: self.by_rosa}, ledgers.stored(self.folder / "bridge.db"))


@asynccontextmanager
async def crowd(
    folder: Path, many: int, *, held: bool = False, more: str = ""
) -> AsyncIterator[Crowd]:
    """Everybody connected, and in the channel. `more` are further lines of the network."""
    async with AsyncExitStack() as stack:
        starter = stack.enter_context(ThreadPoolExecutor(1))
        irc = stack.enter_context(ngircd(folder / "irc"))
        hs = await stack.enter_async_context(FakeHomeserver(DOMAIN))
        if held:
            holder = process("holder", folder, [sys.executable, "-c", _HOLDER, *_holding(folder)])
            holder.ready = (folder / "holder.sock").exists
            await asyncio.get_running_loop().run_in_executor(starter, holder.start)
            stack.push_async_callback(asyncio.to_thread, holder.stop)
            more += f"    holder: {folder / 'holder.sock'}\n"
        bridge = bridge_between(folder, hs, irc.port, CHANNEL, more)
        stack.push_async_callback(asyncio.to_thread, bridge.stop)
        rosa_sees: list[Callable[[Line], None]] = []
        rosa = await stack.enter_async_context(
            irc_person(
                irc.port, "rosa", CHANNEL, shown=lambda line: [see(line) for see in rosa_sees]
            )
        )
        people = [hs.person(f"person{number}") for number in range(many)]
        made = Crowd(folder, held, hs, bridge, starter, rosa, people)
        made.calm.set()
        rosa_sees.append(made.saw_on_irc)
        hs.world.on_event.append(lambda _, event: made.saw_on_matrix(event))
        stack.enter_context(noting(made.account))
        await asyncio.get_running_loop().run_in_executor(starter, bridge.start)
        async for _ in hs.changes():
            if ALIAS in hs.world.aliases:
                break
        for number, person in enumerate(people):
            made.room = await person.join(ALIAS)
            await made.says(number)
        await made.until(lambda: made.waiting == 0)
        yield made


def _holding(folder: Path) -> list[str]:
    return ["--socket", str(folder / "holder.sock"), "--journal", str(folder / "held")]


def process(name: str, folder: Path, command: list[str]) -> Process:
    # An installed bridge is compiled: else a third of each start is that, and is measured, too.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPATH": str(ROOT)}
    return Process(name, command, folder, lambda: True, environment=environment)


def bridge_between(
    folder: Path, hs: FakeHomeserver, irc_port: int, channel: str, more: str
) -> Process:
    """`bridgekit run`, not started yet. `more` are further lines of its network."""
    config, port = folder / "config.yaml", free_port()
    known = {"homeserver": hs.url, "domain": DOMAIN, "port": port, "irc_port": irc_port}
    whole = _CONFIG.format(**known, bot=BOT, channel=channel, more=more)
    config.write_text(whole, encoding="utf-8")
    hs.load_registration(registration.build(load(config, {}, adapters())).fields())
    command = [sys.executable, "-m", "bridgekit.cli", "run", "-c", str(config)]
    bridge = process("bridge", folder, command)
    bridge.ready = lambda: listens(port)
    return bridge
