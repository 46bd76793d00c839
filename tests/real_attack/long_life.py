"""Months of traffic in minutes, by the virtual clock: nothing grows that need not, and nothing is
forgotten that an edit, a reply or a repetition may still need.
"""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.homeserver import Person
from bridgekit.testing.memory import memory
from bridgekit.testing.rig import DOMAIN, Rig
from tests.containers import containers
from tests.real_attack.levels import MONTH, Counted, growing
from tests.real_attack.report import Report

DAY = 24 * 3600.0
PIECES = 4  # of a day: pruning looks as often
CHATS = ("#one", "#two", "#three")
# Days: what comes again from a network is recognised for 90, from the homeserver for 400.
MESSAGES, TRANSACTIONS = 85, 390


@dataclass(slots=True)
class Life:
    """What is said and done, day by day, and what there is at the end of each month."""

    rig: Rig
    clock: VirtualClock
    alice: Person
    rooms: dict[str, str]
    report: Report
    rng: random.Random
    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHATS, 0))
    first: dict[str, str] = field(default_factory=dict)
    """The event of alice's first message in each chat."""
    passing: dict[str, str] = field(default_factory=dict)
    """The rooms of chats in which little is said, and that once."""
    months: list[Counted] = field(default_factory=list)
    pushed: list[int] = field(default_factory=list)
    """How many transactions had been accepted by the end of each day."""

    # A day.

    async def day(self, number: int, messages: int) -> None:
        await self._begin(f"#day{number}")
        for piece in range(PIECES):
            for place in range(messages):
                await self._talk(CHATS[(place + number) % len(CHATS)], f"{number}.{piece}.{place}")
            await self._settled()
            # As a machine does that slept: each timer that is due fires once, and late.
            self.clock._elapsed += DAY / PIECES
            await self.clock.advance(1.0)
        self.clock.jump(self.rng.choice((0, 0, 0, -90.0, 90.0)))  # it is set now and then
        self.pushed.append(len(self.rig.hs.delivered()))

    async def _begin(self, chat: str) -> None:
        """A chat in which each side says something on one day, and never again."""
        self.passing[chat] = room = await self.alice.join(f"#loop_{chat}:{DOMAIN}")
        await self.alice.say(room, f"alice {chat}")
        await self.rig.network.say(chat, "p0", f"bob {chat}", id=chat)

    async def _talk(self, chat: str, name: str) -> None:
        """A message each way, and something done with the one over there."""
        bob = self.rig.network.person(f"p{self.numbers[chat] % 5}")
        self.numbers[chat] += 1
        event = await self.alice.say(self.rooms[chat], f"alice {name}")
        await bob.say(chat, f"bob {name}", id=f"m{name}")
        what = self.rng.randrange(5)
        if what == 0:
            await bob.edit(chat, f"m{name}", f"edited {name}", stamp="1")
        elif what == 1:
            await bob.react(chat, f"m{name}", "👍")
        elif what == 2:
            await bob.leave(chat)
        elif what == 3:
            await self.alice.reply(self.rooms[chat], event, f"answer {name}")
        self.first.setdefault(chat, event)
        self.report.events += 2

    async def _settled(self) -> None:
        await self.rig.hs.pushed()
        queue = self.rig.bridge.parts.queue
        while queue.waiting:
            for lane in list(queue.lanes):
                await queue.idle(lane)
            await self.rig.bridge.parts.matrix.inbox.drained()

    # What there is.

    def look(self, database: Path) -> None:
        with closing(sqlite3.connect(database)) as connection:
            tables = [row[0] for row in connection.execute(_TABLES)]
            counted = {f"rows {t}": _one(connection, f'SELECT count(*) FROM "{t}"') for t in tables}
            used = _one(connection, "PRAGMA page_count") - _one(connection, "PRAGMA freelist_count")
            counted["KiB"] = used * _one(connection, "PRAGMA page_size") / 1024
        counted["lanes"] = len(self.rig.bridge.parts.queue.lanes)
        counted["objects"] = sum(size for _, size in containers(self.rig.bridge.parts))
        self.months.append(counted)

    # What must not be forgotten.

    async def still_known(self) -> None:
        """An edit of and an answer to the oldest messages, and repetitions."""
        chat, network = CHATS[0], self.rig.network
        room, event = self.rooms[chat], self.first[chat]
        await network.person("p0").edit(chat, "m0.0.0", "the oldest, edited", stamp="2")
        shown = await self.alice.wait_for(
            room, lambda e: "m.new_content" in e["content"] and "the oldest" in e["content"]["body"]
        )
        of = shown["content"]["m.relates_to"]["event_id"]
        there = await self.alice.messages(room)
        oldest = [e["event_id"] for e in there if e["content"].get("body") == "bob 0.0.0"]
        self.report.require([of] == oldest, f"an edit of the oldest, {oldest}, edits {of}")
        await self.alice.reply(room, event, "an answer to the oldest")
        await network.wait(lambda: "an answer to the oldest" in network.texts(chat))
        answered = network.heard[-1].message.reply_to
        first = next(heard for heard in network.heard if heard.text == "alice 0.0.0")
        known = network.given[first.txn] == [answered]
        self.report.require(known, f"an answer to the oldest message answers {answered}")

    async def repeated(self, today: int) -> None:
        """What came long ago comes again from both sides, and nothing happens."""
        before = await self._there()
        day = max(0, today - MESSAGES)
        bob = self.rig.network.person("p0")
        await bob.say(CHATS[day % len(CHATS)], f"bob {day}.0.0", id=f"m{day}.0.0")
        end = self.pushed[max(0, today - TRANSACTIONS)]
        for transaction in self.rig.hs.delivered()[max(0, end - 5) : end]:
            events = {"events": list(transaction.events)}
            await self.rig.hs.push_transaction(transaction.id, events)
        await self._settled()
        self.report.doubled += await self._there() - before

    async def _there(self) -> int:
        """How much both sides show."""
        rooms = [await self.alice.bodies(room) for room in self.rooms.values()]
        return sum(map(len, rooms)) + len(self.rig.network.heard)


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'alembic%'"


def _one(connection: sqlite3.Connection, statement: str) -> Any:
    return connection.execute(statement).fetchone()[0]


async def months(folder: Path, size: int, seed: int) -> Report:
    """`size` months, a few messages a day; the disk is not what is tried."""
    report, clock, began = Report(f"{size} months of life"), VirtualClock(), time.monotonic()
    with TemporaryDirectory(dir=memory() or folder) as disk:
        async with Rig(Path(disk), clock) as rig:
            # Two who take turns hundreds of times, faster than people can.
            rig.settings["moderation"] = ModerationSettings(circles=False)
            for chat in CHATS:
                rig.link(chat)
            await rig.start()
            alice = rig.hs.person("alice")
            rooms = {chat: await alice.join(f"#loop_{chat}:{DOMAIN}") for chat in CHATS}
            life = Life(rig, clock, alice, rooms, report, random.Random(seed))
            await _lived(life, size)
            await rig.stop()
    report.seconds = time.monotonic() - began
    report.note = " · ".join(
        f"{m['KiB']:.0f} KiB, {m['lanes']} lanes, {m['objects']} objects"
        for m in life.months[:: max(1, len(life.months) // 4)]
    )
    return report


async def _lived(life: Life, size: int) -> None:
    """All of it, and what must be so at the end."""
    report, days = life.report, size * MONTH
    for number in range(days):
        await life.day(number, messages=1)
        if number % MONTH == MONTH - 1:
            life.look(life.rig.folder / "bridge.db")
            await life.repeated(number)
    await life.still_known()
    report.broken += growing(life.months, chats=MONTH)
    said = {chat: [f"bob {chat}"] for chat in life.passing} | {
        chat: [
            f"bob {n}.{p}.0"
            for n in range(days)
            for p in range(PIECES)
            if CHATS[n % len(CHATS)] == chat
        ]
        for chat in CHATS
    }
    for chat, room in (life.passing | life.rooms).items():
        bodies = await life.alice.bodies(room)
        report.compare(said[chat], [body for body in bodies if body.startswith("bob ")])
    for chat in life.passing:
        report.compare([f"alice {chat}"], life.rig.network.texts(chat))
