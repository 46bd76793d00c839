"""Portals are worked on one at a time each, many at once, and never given up."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import RetryLater
from bridgekit.membership.reconciler import AT_ONCE, PAGE, Reconciler
from bridgekit.testing.clock import VirtualClock, settle


class Work:
    def __init__(self, portals=0):
        self.clock = VirtualClock()
        self.done, self.running, self.most = [], set(), 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failures = []
        self.reads = []
        self.portals = portals
        self.it = Reconciler("things", self.work, self.backlog, self.clock)

    async def work(self, portal):
        assert portal not in self.running, "one at a time"
        self.running.add(portal)
        self.most = max(self.most, len(self.running))
        try:
            await self.gate.wait()
            if self.failures:
                raise self.failures.pop(0)
            self.done.append(portal)
        finally:
            self.running.discard(portal)

    async def backlog(self, after, limit):
        self.reads.append(after)
        return list(range(after + 1, min(self.portals, after + 1 + limit)))


@pytest.fixture
async def at_work():
    tasks = []

    def start(work):
        tasks.append(asyncio.create_task(work.it.run()))
        return work

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_hundred_thousand_portals_of_before_are_read_in_pages(at_work):
    work = Work(portals=PAGE * 3 + 1)
    at_work(work)
    most = 0
    while len(work.done) < work.portals:
        await asyncio.sleep(0)
        most = max(most, len(work.it._waiting) + len(work.it._busy))
    assert sorted(work.done) == list(range(work.portals))
    assert most <= PAGE + AT_ONCE
    assert len(work.reads) == 4


async def test_no_more_run_at_once_than_are_allowed(at_work):
    work = Work()
    work.gate.clear()
    at_work(work)
    for portal in range(AT_ONCE * 3):
        work.it.wake(portal)
    await settle()
    assert len(work.running) == AT_ONCE
    work.gate.set()
    await settle()
    while work.it.busy:
        await settle()
    assert len(work.done) == AT_ONCE * 3


async def test_who_is_woken_while_at_work_is_worked_on_once_more(at_work):
    work = Work()
    work.gate.clear()
    at_work(work)
    work.it.wake(1)
    await settle()
    for _ in range(5):
        work.it.wake(1)
    work.gate.set()
    await settle()
    assert work.done == [1, 1]


@pytest.mark.parametrize(
    ("error", "wait"), [(RetryLater("busy", after=30.0), 30.0), (ValueError(), 1.0)]
)
async def test_what_fails_is_tried_again_after_a_while(at_work, error, wait):
    work = Work()
    work.failures = [error]
    at_work(work)
    work.it.wake(1)
    await settle()
    assert not work.it.busy
    await work.clock.advance(wait * 0.9)
    assert work.done == []
    await work.clock.advance(wait * 0.2)
    assert work.done == [1]


async def test_what_fails_for_ever_is_tried_once_a_minute_in_the_end(at_work):
    work = Work()
    work.failures = [ValueError() for _ in range(1000)]
    at_work(work)
    work.it.wake(1)
    await work.clock.advance(3600.0)
    assert 60 <= 1000 - len(work.failures) < 70
