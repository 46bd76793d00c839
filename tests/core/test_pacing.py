"""Token buckets: never faster than allowed, never slower than needed, first come first served."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.lru import LRU
from bridgekit.pacing import Pacing
from bridgekit.testing.clock import VirtualClock, settle


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def pacing(clock) -> Pacing:
    return Pacing(clock)


class Runner:
    """Takes tokens and notes when it got them."""

    def __init__(self, pacing: Pacing, clock: VirtualClock, group: asyncio.TaskGroup) -> None:
        self._pacing, self._clock, self._group = pacing, clock, group
        self.got: list[tuple[str, float]] = []

    def take(self, name: str, *scope: str, rate=1.0, burst=1.0, cost=1.0) -> asyncio.Task:
        async def run() -> None:
            await self._pacing.take(scope, rate=rate, burst=burst, cost=cost)
            self.got.append((name, self._clock.monotonic()))

        return self._group.create_task(run())


async def test_a_burst_goes_at_once_and_the_rest_at_the_rate(pacing, clock) -> None:
    async with asyncio.TaskGroup() as group:
        runner = Runner(pacing, clock, group)
        for number in range(5):
            runner.take(str(number), "chat", rate=0.5, burst=2)
        await settle()
        assert runner.got == [("0", 0), ("1", 0)]
        await clock.advance(6)
    assert runner.got[2:] == [("2", 2), ("3", 4), ("4", 6)]


async def test_chats_that_share_a_measure_take_turns(pacing, clock) -> None:
    got: list[str] = []

    async def says(chat: str, messages: int) -> None:
        for _ in range(messages):
            await pacing.take(("login",), rate=1, burst=1, cost=1)
            got.append(chat)

    async with asyncio.TaskGroup() as group:
        group.create_task(says("busy", 5))
        await settle()
        group.create_task(says("quiet", 2))
        for _ in range(6):
            await settle()
            await clock.advance(1)
    assert got == ["busy", "busy", "quiet", "busy", "quiet", "busy", "busy"]


async def test_scopes_do_not_know_each_other(pacing, clock) -> None:
    async with asyncio.TaskGroup() as group:
        runner = Runner(pacing, clock, group)
        for scope in (("a",), ("b",), ("a", "b")):
            runner.take("/".join(scope), *scope)
    assert len(runner.got) == 3
    assert clock.monotonic() == 0


async def test_what_costs_more_than_the_burst_waits_for_it_once(pacing, clock) -> None:
    async with asyncio.TaskGroup() as group:
        runner = Runner(pacing, clock, group)
        runner.take("large", "chat", rate=1, burst=2, cost=5)
        runner.take("next", "chat", rate=1, burst=2)
        await settle()
        assert runner.got == [("large", 0)]
        await clock.advance(4)
    assert runner.got[1] == ("next", 4), "the debt is paid first"


async def test_a_bucket_holds_no_more_than_the_burst(pacing, clock) -> None:
    async with asyncio.TaskGroup() as group:
        runner = Runner(pacing, clock, group)
        await runner.take("0", "chat", rate=1, burst=2)
        await clock.advance(1000)
        for number in range(1, 5):
            runner.take(str(number), "chat", rate=1, burst=2)
        await settle()
        assert len(runner.got) == 3
        await clock.advance(2)
    assert runner.got[-1] == ("4", 1002)


async def test_who_gives_up_takes_nothing_and_blocks_nobody(pacing, clock) -> None:
    async with asyncio.TaskGroup() as group:
        runner = Runner(pacing, clock, group)
        await runner.take("first", "chat")
        leaving = runner.take("leaving", "chat")
        runner.take("staying", "chat")
        await settle()
        leaving.cancel()
        await settle()
        await clock.advance(1)
    assert runner.got == [("first", 0), ("staying", 1)]


async def test_idle_scopes_cost_neither_a_timer_nor_unbounded_memory(
    pacing, clock, monkeypatch
) -> None:
    monkeypatch.setattr(pacing, "_buckets", LRU(100))
    for number in range(1000):
        await pacing.take((str(number),), rate=1, burst=1, cost=1)
    assert clock.pending is None
    assert len(pacing._buckets._items) == 100
