"""Both sides talk, numbered, while something goes wrong; at the end what each shows is compared."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.real_attack.deadline import last_words, noting
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage

BURST = 20  # messages said at once
STALLED = 90.0  # seconds in which nothing at all arrives: then nothing will
GRACE = 1.0  # seconds in which what comes twice may still come
AHEAD = 400  # said and not yet arrived, in each direction: the bridge always has something to do


@dataclass(slots=True)
class Flow:
    """Talk of both sides in all chats. `said` are the texts of one direction, by chat.

    `spoken` is how a text is said, which numbers come first in.
    """

    place: Stage
    rng: random.Random
    ahead: int = AHEAD
    spoken: Callable[[str], str] = str
    by_alice: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    by_bob: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_alice = {key: [] for key in self.place.rooms}
        self.by_bob = {key: [] for key in self.place.rooms}

    async def alice_says(self, key: tuple[str, str], count: int = 1) -> None:
        for _ in range(count):
            said = self.by_alice[key]
            said.append(self.spoken(f"alice {key[0]}{key[1]} {len(said)}"))
            await self.place.alice.say(self.place.rooms[key], said[-1])

    def bob_says(self, key: tuple[str, str], count: int = 1, sender: str | None = None) -> None:
        """`sender` None: one of those who speak there all the time."""
        for _ in range(count):
            said = self.by_bob[key]
            said.append(self.spoken(f"bob {key[0]}{key[1]} {len(said)}"))
            self.place.wires[key[0]].say(key[1], sender or f"p{len(said) % 3}", said[-1])

    async def talk(self, each: int) -> None:
        """`each` messages in each direction, as fast as `ahead` lets them."""
        keys = list(self.place.rooms)
        for start in range(0, each, BURST):
            key = self.rng.choice(keys)
            count = min(BURST, each - start)
            await self.alice_says(key, count)
            self.bob_says(key, count)
            await self.place.until(lambda: self.waiting <= self.ahead)

    @property
    def waiting(self) -> int:
        """How much has been said and not arrived, in the direction that has more of it."""
        to_network = sum(map(len, self.by_alice.values())) - self.heard - self.only_told
        to_matrix = sum(map(len, self.by_bob.values())) - self.shown
        return max(to_network, to_matrix)

    @property
    def heard(self) -> int:
        wires = self.place.wires.values()
        return sum(len(texts) for wire in wires for texts in wire.heard.values())

    @property
    def shown(self) -> int:
        return sum(map(len, self.place.shown.values()))

    @property
    def only_told(self) -> int:
        """How many may not have arrived, and have not."""
        return sum(
            text not in self.place.wires[network].texts
            for (network, _), room in self.place.rooms.items()
            for text in self.place.told(room)
        )

    @property
    def there(self) -> int:
        """How much of both directions has arrived, or its sender was told."""
        return self.heard + self.shown + self.only_told

    async def arrived(self) -> None:
        """Until everything that was said is there, or its sender was told, or nothing comes."""
        with suppress(TimeoutError):  # the comparison says what is missing
            while self.waiting > 0:
                before = self.there
                async with asyncio.timeout(STALLED):
                    await self.place.until(lambda before=before: self.there != before)

    async def caught_up(self) -> None:
        """Until all is shown that the network has said by now."""
        said = {key: len(texts) for key, texts in self.by_bob.items()}
        shown, rooms = self.place.shown, self.place.rooms
        await self.place.until(lambda: all(len(shown[rooms[key]]) >= said[key] for key in said))

    async def until_arrived(self, count: int) -> None:
        """Until so many messages of both directions are there."""
        await self.place.until(lambda: self.there >= count)

    def compare(self, report: Report) -> None:
        for key, room in self.place.rooms.items():
            told = self.place.told(room)
            heard = self.place.wires[key[0]].heard[key[1]]
            report.compare(self.by_alice[key], heard, told)
            report.compare(self.by_bob[key], self.place.shown[room])

    def missing(self) -> str:
        """What has not arrived, by chat and direction."""
        lines = []
        for key, room in self.place.rooms.items():
            heard = self.place.wires[key[0]].heard[key[1]]
            for who, said, shown in (
                ("alice", self.by_alice[key], heard),
                ("bob", self.by_bob[key], self.place.shown[room]),
            ):
                there = set(shown)
                if left := [text for text in said if text not in there]:
                    lines.append(f"  {who} in {key[1]}: {len(left)} of {len(said)}, from {left[0]}")
        return "\n".join(["Said and not there:", *(lines or ["  nothing"])])


@asynccontextmanager
async def judged(report: Report, flow: Flow) -> AsyncIterator[None]:
    """What happens inside is the attack; afterwards everything must be there."""
    began = time.monotonic()
    with noting(flow.missing):
        yield
        await flow.arrived()
        await asyncio.sleep(GRACE)
    flow.compare(report)
    report.account += [flow.missing(), last_words(flow.place.bridge.log)]
    report.seconds = time.monotonic() - began
