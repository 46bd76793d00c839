"""How many things took how long: a histogram that costs one search of a short list each. Pure."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0)  # seconds


class Spread:
    """`total` is the sum of all that was added, in seconds."""

    __slots__ = ("_counts", "total")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def __len__(self) -> int:
        return sum(self._counts)

    def up_to(self) -> list[int]:
        """How many took no longer than each of `BOUNDS`, and how many there are in all."""
        return list(accumulate(self._counts))
