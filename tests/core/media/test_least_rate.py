"""Who is too slow with bytes loses their place; who is only slow does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridgekit.media.least_rate import ENOUGH, WINDOW, LeastRate, in_time
from bridgekit.testing.clock import VirtualClock


class Dripping:
    """A piece after each pause; counts what it gave, and knows when it is closed."""

    def __init__(self, clock: VirtualClock, pause: float, size: int, pieces: int = 1000) -> None:
        self.clock, self.pause, self.size, self.pieces = clock, pause, size, pieces
        self.given, self.closed = 0, False

    async def read(self) -> AsyncIterator[bytes]:
        try:
            for _ in range(self.pieces):
                await self.clock.sleep(self.pause)
                self.given += self.size
                yield bytes(self.size)
        finally:
            self.closed = True


async def read(dripping: Dripping) -> int:
    return sum([len(piece) async for piece in in_time(dripping.read(), dripping.clock)])


async def after(dripping: Dripping, seconds: float) -> asyncio.Task[int]:
    task = asyncio.create_task(read(dripping))
    await dripping.clock.advance(seconds)
    return task


async def test_who_gives_nothing_is_given_up_after_a_window() -> None:
    dripping = Dripping(VirtualClock(), WINDOW * 10, 1)
    task = await after(dripping, WINDOW - 1)
    assert not task.done()
    await dripping.clock.advance(2)
    with pytest.raises(TimeoutError):
        await task
    assert dripping.closed


async def test_who_gives_a_byte_now_and_then_is_given_up_too() -> None:
    dripping = Dripping(VirtualClock(), 7.0, 1)
    task = await after(dripping, WINDOW + 1)
    with pytest.raises(TimeoutError):
        await task
    assert (dripping.given, dripping.closed) == (WINDOW // 7, True)


async def test_who_gives_enough_may_take_as_long_as_it_takes() -> None:
    dripping = Dripping(VirtualClock(), WINDOW - 1, ENOUGH, pieces=50)
    task = await after(dripping, WINDOW * 50)
    assert await task == ENOUGH * 50


async def test_what_was_read_quickly_buys_no_time_for_later() -> None:
    clock = VirtualClock()
    rate = LeastRate(clock)
    rate.passed(ENOUGH * 1000)

    async def hangs() -> None:
        async with rate.waiting():
            await clock.sleep(WINDOW * 10)

    task = asyncio.create_task(hangs())
    await clock.advance(WINDOW + 1)
    with pytest.raises(TimeoutError):
        await task


async def test_our_own_time_is_not_counted() -> None:
    clock = VirtualClock()
    rate = LeastRate(clock)
    for _ in range(3):
        async with rate.waiting():
            pass
        await clock.advance(WINDOW * 2)
    async with rate.waiting():
        pass
