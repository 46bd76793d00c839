"""How slow somebody else may be with bytes before they lose their place, whatever else they do."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from bridgekit.clock import Clock

WINDOW = 60.0  # seconds of waiting for this many bytes; what is left at the end has as long
ENOUGH = 480 << 10  # 8 KiB a second: a bad mobile connection


class LeastRate:
    """Only the time spent inside `waiting` counts: what we do is not held against them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left, self._bytes = WINDOW, 0

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Wait for them; raises `TimeoutError` once they are too slow."""
        began = self._clock.monotonic()
        try:
            async with self._clock.timeout(self._left):
                yield
        finally:
            self._left -= self._clock.monotonic() - began

    def passed(self, count: int) -> None:
        """So many bytes are through."""
        self._bytes += count
        if self._bytes >= ENOUGH:
            self._left, self._bytes = WINDOW, 0


async def in_time(pieces: AsyncIterator[bytes], clock: Clock) -> AsyncGenerator[bytes]:
    """The same pieces; raises `TimeoutError` where they come too slowly, or not at all."""
    rate = LeastRate(clock)
    try:
        while True:
            async with rate.waiting():
                piece = await anext(pieces, None)
            if piece is None:
                return
            rate.passed(len(piece))
            yield piece
    finally:
        if isinstance(pieces, AsyncGenerator):  # what it holds open is closed now, not some day
            await pieces.aclose()
