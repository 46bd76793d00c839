"""Work of which only the newest counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridgekit.ephemeral.newest import AT_ONCE, MOST, Newest
from bridgekit.testing.clock import settle


class Work:
    def __init__(self) -> None:
        self.done: list[tuple[str, int]] = []
        self.busy = self.most = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, key: str, value: int) -> None:
        self.busy += 1
        self.most = max(self.most, self.busy)
        await self.gate.wait()
        self.busy -= 1
        self.done.append((key, value))
        if value < 0:
            raise KeyError(key)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def newest(work) -> AsyncIterator[Newest[str, int]]:
    newest = Newest("work", work)
    task = asyncio.create_task(newest.run())
    await settle()
    yield newest
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_replaced_before_its_turn_never_happens(newest, work):
    work.gate.clear()
    newest.put("a", 1)
    await settle()
    for value in range(2, 10):
        newest.put("a", value)
    await settle()
    assert work.most == 1
    work.gate.set()
    await settle()
    assert work.done == [("a", 1), ("a", 9)]
    assert not newest.busy


async def test_only_so_many_are_at_work_and_only_so_many_wait(newest, work):
    work.gate.clear()
    for number in range(AT_ONCE):
        assert newest.put(f"at work {number}", 1)
    await settle()
    assert all(newest.put(f"waits {number}", 1) for number in range(MOST))
    assert not newest.put("one too many", 1)
    assert newest.put("waits 0", 2)
    await settle()
    assert work.most == AT_ONCE
    work.gate.set()
    while newest.busy:
        await settle()
    assert len(work.done) == AT_ONCE + MOST


async def test_one_that_fails_stops_no_other(newest, work):
    newest.put("bad", -1)
    await settle()
    newest.put("bad", 1)
    newest.put("good", 1)
    await settle()
    assert work.done == [("bad", -1), ("bad", 1), ("good", 1)]
