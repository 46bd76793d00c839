"""What arrived, when, how often and in which order."""

from __future__ import annotations

import asyncio
import time


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

    def add(self, number: int, place: bytes) -> None:
        if number in self.at:
            self.doubled += 1
            return
        self.at[number] = time.monotonic()
        last = self._last.get(place, -1)
        self.reordered += number < last
        self._last[place] = max(number, last)
        if len(self.at) >= self._goal:
            self._reached.set()

    async def wait(self, count: int, patience: float) -> bool:
        """Whether `count` arrived before nothing more did for `patience` seconds."""
        self._goal = count
        while len(self.at) < count:
            self._reached.clear()
            before = len(self.at)
            try:
                async with asyncio.timeout(patience):
                    await self._reached.wait()
            except TimeoutError:
                if len(self.at) == before:
                    return False
        return True
