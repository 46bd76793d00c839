"""What was begun for somebody who is cancelled ends all the same (delivery rule 24)."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.testing.clock import settle
from bridgekit.uninterrupted import uninterrupted


async def test_who_is_cancelled_hears_of_it_once_the_work_is_done():
    go_on, done = asyncio.Event(), []

    async def work() -> None:
        await go_on.wait()
        done.append("stored")

    caller = asyncio.create_task(uninterrupted(work()))
    await settle()
    caller.cancel()
    await settle()
    assert not caller.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == ["stored"]
