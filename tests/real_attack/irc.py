"""`kill -9` of the bridge, and now and then of Synapse, between a real Synapse and a real ngIRCd.

IRC repeats nothing and recognises nothing. What is said there while the bridge is away, nobody
brings; so what counts for this direction is what was stored by the time of the kill, which the
database says.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError

from bridgekit.testing.homeserver import Person
from bridgekit.testing.servers import people
from demo.irc_person import IRCPerson, Line, irc_person
from demo.world import World, world
from tests.real_attack import ledgers
from tests.real_attack.deadline import last_words, noting
from tests.real_attack.report import Report
from tests.real_attack.stage import IN_DOUBT

CHANNELS = ("#one", "#two", "#three")
BOT = "gardener"
EVERY = 1500  # messages, about, from one kill to the next
BURST = 10
MISSING = "messages may be missing"
AHEAD = 300


@dataclass(slots=True)
class OnIRC:
    """What IRC shows of the bridge: where its bot is, and what alice says through it."""

    there: set[str] = field(default_factory=set)
    heard: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in CHANNELS})

    def line(self, line: Line) -> None:
        if line.command == "PRIVMSG":
            self.heard[line.where].append(line.text)
        elif line.command == "353":
            names = [name.lstrip("~&@%+") for name in line.text.split()]
            self.there.update({*CHANNELS} & {*line.words} if BOT in names else ())
        elif line.nick == BOT and line.command == "JOIN":
            self.there |= {line.where, line.text} & {*CHANNELS}
        elif line.nick == BOT and line.command == "QUIT":
            self.there.clear()


@dataclass(slots=True)
class Talk:
    """Both sides of all channels, as alice's client and rosa's show them."""

    place: World
    folder: Path
    alice: Person
    rosa: IRCPerson
    irc: OnIRC
    rooms: dict[str, str]
    by_alice: dict[str, list[str]] = field(default_factory=dict)
    by_rosa: dict[str, list[str]] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    unheard: int = 0
    gaps: dict[str, int] = field(default_factory=dict)
    """Behind how many of rosa's lines the first kill was, by channel; and how often it is told."""
    told_of_gaps: Counter[str] = field(default_factory=Counter)
    quiet: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Who holds it has alice say nothing."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        for of in (self.by_alice, self.by_rosa, self.shown, self.told):
            of.update({channel: [] for channel in CHANNELS})

    # What is said.

    async def alice_says(self, channel: str, count: int) -> None:
        for _ in range(count):
            said = self.by_alice[channel]
            said.append(f"alice {channel} {len(said)}")
            event = await self.alice.say(self.rooms[channel], said[-1])
            self.bodies[event] = said[-1]

    def rosa_says(self, channel: str, count: int) -> None:
        for _ in range(count):
            said = self.by_rosa[channel]
            said.append(f"rosa {channel} {len(said)}")
            self.rosa.say(channel, said[-1])

    async def talk(self, size: int, rng: random.Random, calm: asyncio.Event) -> None:
        """`size` messages each way; rosa says nothing while the bridge is on its way back."""
        for _ in range(0, size, BURST):
            channel = rng.choice(CHANNELS)
            async with self.quiet:
                await self.alice_says(channel, BURST)
            await calm.wait()
            self.rosa_says(channel, BURST)
            await self.until(lambda: self.waiting < AHEAD)

    # What is shown.

    @property
    def arrived(self) -> int:
        return sum(map(len, self.shown.values())) + sum(map(len, self.irc.heard.values()))

    @property
    def waiting(self) -> int:
        said = sum(map(len, self.by_alice.values())) + sum(map(len, self.by_rosa.values()))
        return said - self.arrived - self.unheard - self._only_told()

    def _only_told(self) -> int:
        return sum(
            text not in self.irc.heard[channel]
            for channel in CHANNELS
            for text in self.told[channel]
        )

    async def until(self, condition: Callable[[], object], within: float = 900.0) -> None:
        async with asyncio.timeout(within), self.changed:
            await self.changed.wait_for(lambda: bool(condition()))

    async def notice(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def listen(self) -> None:
        """Alice's client: every message of every room, once, as it comes."""
        channels = {room: channel for channel, room in self.rooms.items()}
        query = {"timeout": "30000", "filter": '{"room": {"timeline": {"limit": 10000}}}'}
        while True:
            try:
                answer: dict[str, Any] = await self.alice.request("GET", "/sync", None, query)
            except ClientError:  # Synapse is killed, too
                await asyncio.sleep(0.1)  # a server that is away tells nobody when it is back
                continue
            query["since"] = answer["next_batch"]
            joined = answer.get("rooms", {}).get("join", {})
            for room, channel in channels.items():
                for event in joined.get(room, {}).get("timeline", {}).get("events", ()):
                    self._saw(channel, event)
            await self.notice()

    def _saw(self, channel: str, event: dict[str, Any]) -> None:
        content = event["content"]
        if event["type"] != "m.room.message" or event["sender"] == self.alice.user_id:
            return
        if content["msgtype"] == "m.notice":
            answered = content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
            if IN_DOUBT in content["body"]:
                self.told[channel].append(self.bodies.get(answered, ""))
            self.told_of_gaps[channel] += MISSING in content["body"]
        else:
            self.shown[channel].append(content["body"])

    @property
    def ledger(self) -> Path:
        return self.folder / "bridge.db"

    def held(self) -> int:
        """How many of alice's events Synapse keeps back."""
        kept_back = set(ledgers.held(self.folder / "synapse" / "homeserver.db"))
        return len(kept_back & self.bodies.keys() - set(ledgers.pushed(self.ledger)))

    def unpushed(self) -> int:
        """How many of alice's events the bridge has not taken."""
        return len(self.bodies.keys() - set(ledgers.pushed(self.ledger)))

    def account(self) -> str:
        """How things stand, for whoever reads of a failure."""
        return f"{self.waiting} are said and not there. {last_words(self.place.bridge.log)}"

    # The kill.

    async def kill(self, calm: asyncio.Event) -> None:
        """What the bridge had stored stays what rosa said; what it never heard is taken out."""
        calm.clear()
        await asyncio.to_thread(self.place.bridge.kill)
        self._forget_unheard(ledgers.stored(self.ledger))
        await self.rosa.wait(lambda: not self.irc.there)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.place.starter, self.place.bridge.start)
        await self.rosa.wait(lambda: len(self.irc.there) == len(CHANNELS), 60)
        calm.set()

    async def kill_homeserver(self) -> None:
        """Alice says nothing meanwhile, and all that she said is pushed.

        Her client, too, would have to look what became of it; and what Synapse has not pushed yet
        is in its memory only.
        """
        async with self.quiet:
            while self.unpushed() > self.held():  # noqa: ASYNC110 (a file tells nobody)
                await asyncio.sleep(0.05)
            for channel in CHANNELS:
                self.rosa_says(channel, BURST)
            await self.until(lambda: self.waiting < len(CHANNELS) * BURST)  # it is being sent
            await asyncio.to_thread(self.place.homeserver.kill)
            start = self.place.homeserver.restart
            await asyncio.get_running_loop().run_in_executor(self.place.starter, start)

    def _forget_unheard(self, stored: dict[str, int]) -> None:
        for channel, said in self.by_rosa.items():
            self.unheard += len(said) - stored.get(channel, 0)
            del said[stored.get(channel, 0) :]
            if said:
                self.gaps.setdefault(channel, len(said))


@asynccontextmanager
async def _talk(folder: Path) -> AsyncIterator[Talk]:
    """Both sides at work, and alice in all rooms."""
    on_irc = OnIRC()
    async with AsyncExitStack() as stack:
        place = stack.enter_context(world(folder, links=CHANNELS, rate=2000.0))
        crowd = await stack.enter_async_context(people(place.homeserver))
        irc = irc_person(place.irc_port, "rosa", *CHANNELS, shown=on_irc.line)
        rosa = await stack.enter_async_context(irc)
        alice = await crowd.person("alice")
        await rosa.wait(lambda: len(on_irc.there) == len(CHANNELS))
        rooms = {name: await alice.join(f"#irc_{name}:localhost") for name in CHANNELS}
        talk = Talk(place, folder, alice, rosa, on_irc, rooms)
        listening = asyncio.create_task(talk.listen())
        try:
            for channel in CHANNELS:  # so that she is on IRC
                await talk.alice_says(channel, 1)
            with noting(talk.account):
                await talk.until(lambda: talk.waiting == 0)
                yield talk
        finally:
            listening.cancel()


async def kill_9(folder: Path, size: int, seed: int) -> Report:
    """`size` messages each way, and a kill about every `EVERY` of them."""
    report, rng = Report("kill -9, Synapse and ngIRCd"), random.Random(seed)
    moments = sorted(rng.sample(range(50, 2 * size - 50), 2 * size // EVERY + 1))
    calm = asyncio.Event()
    calm.set()
    async with _talk(folder) as talk:
        began = time.monotonic()

        async def killing() -> None:
            for number, moment in enumerate(moments):
                await talk.until(lambda: talk.arrived + talk.unheard >= moment)  # noqa: B023
                if number % 3 == 2:
                    await talk.kill_homeserver()
                else:
                    await talk.kill(calm)

        async with asyncio.TaskGroup() as group:
            group.create_task(talk.talk(size, rng, calm))
            group.create_task(killing())
        with suppress(TimeoutError):  # the comparison says what is missing
            await talk.until(lambda: talk.waiting <= talk.held(), within=120)
        kept = _compared(report, talk)
        report.bound_doubt(len(moments) - len(moments) // 3, len(CHANNELS))
        report.seconds = time.monotonic() - began
    report.note = (
        f"{len(moments)} kills, each third of Synapse, seed {seed}; {talk.unheard} lines said on "
        "IRC in the moment of a kill were never read: IRC repeats nothing; "
        f"rooms were told so {talk.told_of_gaps.total()} times; {kept} events are still Synapse's"
    )
    return report


def _compared(report: Report, talk: Talk) -> int:
    """What is shown with what was said; how many events Synapse still keeps back."""
    taken = ledgers.pushed(talk.ledger)
    held = {*ledgers.held(talk.folder / "synapse" / "homeserver.db")} - {*taken}
    texts = [talk.bodies[event] for event in taken if event in talk.bodies]
    kept = {talk.bodies[event] for event in held if event in talk.bodies}
    for channel in CHANNELS:
        said = [text for text in talk.by_alice[channel] if text not in kept]
        given = [text for text in texts if f" {channel} " in text]
        missing = sorted({*said} - {*given})
        report.require(not missing, f"acknowledged and not stored: {missing[:3]}")
        report.compare(given, talk.irc.heard[channel], talk.told[channel])
        report.compare(talk.by_rosa[channel], talk.shown[channel])
        noticed = len(talk.by_rosa[channel]) > talk.gaps.get(channel, sys.maxsize)
        told = talk.told_of_gaps[channel]
        report.require(told or not noticed, f"{channel} has a gap, and its room does not say so")
    return len(kept)
