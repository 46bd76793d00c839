"""What arrived, when, how often and in which order."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress


class Arrivals:
    """When each number arrived first, and how often one came again or out of its place's order."""

    def __init__(self) -> None:
        self._reached = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        self.at: dict[int, float] = {}
        self.doubled = self.reordered = 0
        self._last: dict[bytes, int] = {}
        self._goal = 0
        self._latest = 0.0

    def add(self, number: int, place: bytes) -> None:
        if number in self.at:
            self.doubled += 1
            return
        self.at[number] = self._latest = time.monotonic()
        last = self._last.get(place, -1)
        self.reordered += number < last
        self._last[place] = max(number, last)
        if len(self.at) >= self._goal:
            self._reached.set()

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
