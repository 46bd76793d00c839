"""What arrived, when, how often and in which order, and what came that nobody said so."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from contextlib import suppress

ARRIVED = ("doubled", "reordered", "misdelivered")
ECHOED = "echoed"


class Arrivals:
    """At one end, of what is said at the other with these words; here it is said with `ours`.

    When each number arrived first, and faults: one came again, or out of its place's order; in
    another place, from another person, or not whole (*misdelivered*); or it is from this end.
    """

    def __init__(self, words: str, ours: str) -> None:
        self._whole = re.compile(rf"(\d+) {words}").fullmatch
        self._echo, self._garbled = (
            re.compile(rf"\d+ {' '.join(of.split()[:2])}").search for of in (ours, words)
        )
        self._reached = asyncio.Event()
        self._earlier: set[int] = set()
        self._faults: Counter[str] = Counter()
        self.at: dict[int, float] = {}
        self.expect(range(0), 1, 1)

    def expect(self, numbers: range, places: int, people: int) -> None:
        """These from now on, each from the place and the person whose turn it is."""
        self._earlier |= self.at.keys()
        self._numbers, self._places, self._people = numbers, places, people
        self.at = {}
        self._last: dict[int, int] = {}
        self._goal = 0
        self._latest = 0.0

    def take(self, text: str, place: int | None, person: int | None) -> None:
        """What was shown at this end; whatever else is said there is none of it."""
        found = self._whole(text)
        if found is not None:
            self._add(int(found[1]), place, person)
        elif self._echo(text):
            self._faults[ECHOED] += 1
        elif self._garbled(text):
            self.misdelivered()

    def misdelivered(self) -> None:
        self._faults["misdelivered"] += 1

    def _add(self, number: int, place: int | None, person: int | None) -> None:
        if number not in self._numbers:
            if number in self._earlier:  # else it is late, and was counted as lost
                self._faults["doubled"] += 1
            self._earlier.add(number)
        elif place != number % self._places or person != number % self._people:
            self.misdelivered()
        elif number in self.at:
            self._faults["doubled"] += 1
        else:
            self.at[number] = self._latest = time.monotonic()
            last = self._last.get(place, -1)
            if number < last:
                self._faults["reordered"] += 1
            self._last[place] = max(number, last)
            if len(self.at) >= self._goal:
                self._reached.set()

    def faults(self, *names: str) -> dict[str, int]:
        """How many there were since these were asked for."""
        return {name: self._faults.pop(name, 0) for name in names}

    async def wait(self, count: int, patience: float) -> bool:
        """Whether `count` arrived before nothing more did for `patience` seconds."""
        self._goal = count
        began = time.monotonic()
        while len(self.at) < count:
            self._reached.clear()
            left = max(began, self._latest) + patience - time.monotonic()
            if left <= 0:
                return False
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._reached.wait()
        return True
