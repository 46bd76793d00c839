"""How much is under way at once follows how the homeserver answers; by the virtual clock."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import RetryLater
from bridgekit.matrix.api import Refused
from bridgekit.membership.pace import FIRST, MOST, SLOW, Pace, SideBySide
from bridgekit.testing.clock import VirtualClock, settle


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def pace(clock):
    return Pace(clock)


def answered(pace, error=None):
    try:
        with pace.request():
            if error is not None:
                raise error
    except (RetryLater, Refused):
        pass


async def test_quick_answers_let_more_at_once_up_to_a_limit(pace):
    assert pace.limit == FIRST
    answered(pace)
    answered(pace, Refused("No", "M_FORBIDDEN", 403))  # an answer, too
    for _ in range(2):
        answered(pace)
    before = pace.limit
    for _ in range(1000):
        answered(pace)
    assert FIRST <= before < pace.limit == MOST


async def test_a_rate_limit_halves_it_and_everybody_waits_as_long_as_asked(pace, clock):
    answered(pace, RetryLater("slowly", after=7.0))
    assert pace.limit == FIRST / 2
    waiting = asyncio.create_task(pace.enter())
    await clock.advance(6.9)
    assert not waiting.done()
    await clock.advance(0.2)
    await waiting


async def test_all_that_was_under_way_when_the_trouble_began_halves_it_once(pace, clock):
    async def limited():
        with pace.request():
            await clock.advance(1.0)
            raise RetryLater("slowly", after=1.0)

    await asyncio.gather(*(limited() for _ in range(3)), return_exceptions=True)
    assert pace.limit == FIRST / 2


async def test_a_slow_answer_halves_it_and_one_goes_on_always(pace, clock):
    for _ in range(10):
        with pace.request():
            await clock.advance(SLOW + 1)
    assert pace.limit == 1
    answered(pace)
    assert pace.limit == 2


async def test_no_more_begin_than_may_be_under_way(pace):
    running, gate = [], asyncio.Event()

    async def work():
        running.append(1)
        await gate.wait()

    async def all_of_it():
        async with SideBySide(pace) as side:
            for _ in range(20):
                await side.start(work)

    whole = asyncio.create_task(all_of_it())
    await settle()
    assert len(running) == FIRST
    gate.set()
    await whole
    assert len(running) == 20
    assert pace._running == 0


async def test_after_one_that_asks_for_a_pause_no_other_begins(pace):
    begun, over = [], []

    async def work(number):
        begun.append(number)
        raise RetryLater("slowly", after=3.0)

    async def all_of_it():
        async with SideBySide(pace) as side:
            for number in range(20):
                await side.start(lambda number=number: work(number), lambda: over.append(1))
                await settle()

    with pytest.raises(RetryLater) as caught:
        await all_of_it()
    assert (begun, caught.value.after, pace._running) == ([0], 3.0, 0)
    assert len(over) == 20, "whoever was counted as coming is counted out again"


async def test_a_failure_gives_every_turn_back(pace):
    async def fails():
        raise ValueError

    async def waits():
        await asyncio.Event().wait()

    async def all_of_it():
        async with SideBySide(pace) as side:
            await side.start(waits)
            await side.start(fails)
            for _ in range(20):
                await side.start(waits)

    with pytest.raises(ExceptionGroup):
        await all_of_it()
    await settle()
    assert pace._running == 0
