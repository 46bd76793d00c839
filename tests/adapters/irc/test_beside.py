"""What runs beside a connection ends with it, and does not fail unseen."""

import asyncio

import pytest

from bridges.irc.beside import beside
from bridges.irc.connection import DisconnectedError


class Work:
    """Runs until it is told to fail, and knows whether it is over."""

    def __init__(self, failure=None):
        self.failure, self.begun, self.over = failure, asyncio.Event(), False

    async def run(self):
        try:
            self.begun.set()
            if self.failure:
                raise self.failure
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.over = True


async def test_it_lasts_as_long_as_the_block():
    works = Work(), Work()
    async with beside(*(work.run() for work in works)):
        for work in works:
            await work.begun.wait()
    assert all(work.over for work in works)


async def test_what_fails_ends_the_block_and_is_raised():
    work, failing = Work(), Work(ValueError("why"))
    with pytest.raises(ValueError, match="why"):
        async with beside(work.run(), failing.run()):
            await asyncio.Event().wait()
    assert work.over


async def test_a_block_that_fails_says_so_and_why():
    work, gone = Work(), DisconnectedError("gone")
    gone.__cause__ = OSError("broken")

    async def whole():
        async with beside(work.run()):
            await work.begun.wait()
            raise gone

    with pytest.raises(DisconnectedError, match="gone") as caught:
        await whole()
    assert caught.value is gone
    assert isinstance(gone.__cause__, OSError)
    assert work.over


async def test_who_is_cancelled_is_cancelled():
    work = Work()

    async def whole():
        async with beside(work.run()):
            await asyncio.Event().wait()

    task = asyncio.create_task(whole())
    await work.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.over
