"""Sign-ins take turns: as fast as the server lets them, and no faster once it complains."""

import asyncio

import pytest

from bridgekit import RetryLater, Scope
from bridges.irc.turns import Turns


class Waits:
    """A clock that only `asyncio.sleep` moves, and what was slept."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)
        monkeypatch.setattr("bridges.irc.turns.asyncio.sleep", self.sleep)

    async def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
async def waits(monkeypatch):
    return Waits(monkeypatch)


async def sign_in(turns, refusal=None):
    async with turns.turn():
        if refusal is not None:
            raise refusal


async def test_five_hundred_come_one_after_another_in_their_order(waits):
    turns, came = Turns(0.1), []

    async def come(number):
        async with turns.turn():
            came.append((number, round(waits.now - 100, 1)))

    for number in range(500):
        await come(number)
    assert came == [(number, round(number / 10, 1)) for number in range(500)]


async def test_a_complaint_stops_all_and_slows_those_who_come_later(waits):
    turns = Turns(0.1)
    with pytest.raises(RetryLater):
        await sign_in(turns, RetryLater("throttled", 60, Scope.NETWORK))
    await sign_in(turns)
    assert waits.now == 160.0
    await sign_in(turns)
    assert waits.now == 161.0
    for _ in range(100):
        await sign_in(turns)
    assert turns.apart == 0.1


async def test_sign_ins_that_overlap_are_slowed_once_for_one_complaint(waits):
    turns, all_began = Turns(0.1), asyncio.Barrier(8)

    async def come():
        async with turns.turn():
            await all_began.wait()
            raise RetryLater("throttled", 10, Scope.NETWORK)

    await asyncio.gather(*(come() for _ in range(8)), return_exceptions=True)
    assert waits.now == pytest.approx(100.7)
    assert turns.apart == 1.0
    with pytest.raises(RetryLater):
        await sign_in(turns, RetryLater("throttled", 10, Scope.NETWORK))
    assert turns.apart == 2.0


async def test_what_concerns_one_login_alone_slows_nobody(waits):
    turns = Turns(0.1)
    with pytest.raises(RetryLater):
        await sign_in(turns, RetryLater("its nick is taken", 60, Scope.LOGIN))
    await sign_in(turns)
    assert waits.now == 100.1


@pytest.mark.usefixtures("waits")
async def test_pauses_have_an_end():
    turns = Turns(0.0)
    for _ in range(20):
        with pytest.raises(RetryLater):
            await sign_in(turns, RetryLater("throttled", 1, Scope.NETWORK))
    assert turns.apart == 60.0
