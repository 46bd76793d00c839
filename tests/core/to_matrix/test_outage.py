"""A homeserver that was away: what waits for it goes on as soon as it answers again."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest
from structlog.testing import capture_logs

from bridgekit.matrix.api import HomeserverDown, Refused
from bridgekit.outage import AFTERMATH, EVERY, Outage
from bridgekit.testing.clock import settle


async def test_nobody_sits_out_a_pause_that_has_grown_while_the_homeserver_was_away(
    slow_rig, clock, watch
):
    await slow_rig.start()
    eye = await watch(slow_rig)
    sending = slow_rig.hs.fail("PUT", "/send/", status=502, times=None)
    asking = slow_rig.hs.fail("GET", "/profile/@bridgebot", status=502, times=None)
    with capture_logs() as logs:
        await slow_rig.network.say("#room", "bob", "one", id="m1")
        while sending.struck < 8:  # the next pause is one of a minute or more
            await clock.wait_for_timer(within=300)
            await clock.advance(1)
        sending.clear()
        asking.clear()
        await clock.wait_for_timer(within=EVERY)
        await clock.advance(EVERY)
        await eye.sees("one")
    said = [one["event"] for one in logs if "homeserver" in one["event"]]
    assert said == [
        "the homeserver does not answer; what is for it waits",
        "the homeserver answers again",
    ]


class Watched:
    """An outage as a test drives it: what the homeserver says to each question, in order."""

    def __init__(self, clock) -> None:
        self.answers: deque[Exception | None] = deque()
        self.over = 0
        self.failed = asyncio.Event()
        self._outage = Outage(self.failed, self._ask, self._count, clock)
        self._task = asyncio.create_task(self._outage.run())

    async def _ask(self) -> None:
        answer = self.answers.popleft()
        if answer is not None:
            raise answer

    def _count(self) -> None:
        self.over += 1

    async def fails(self, *answers: Exception | None) -> None:
        self.answers.extend(answers)
        self.failed.set()
        await settle()

    def end(self) -> None:
        self._task.cancel()


@pytest.fixture
async def watched(clock):
    watched = Watched(clock)
    yield watched
    watched.end()


DOWN = HomeserverDown("away")


async def test_a_request_that_fails_alone_wakes_nobody(watched, clock):
    await watched.fails(None)
    await clock.advance(EVERY)
    await watched.fails(Refused("no such endpoint", "M_UNRECOGNIZED", 404))
    assert (watched.over, watched.answers) == (0, deque())


async def test_what_fails_shortly_after_an_outage_was_asked_before_its_end(watched, clock):
    await watched.fails(DOWN, None)
    await clock.advance(EVERY)
    assert watched.over == 1
    await clock.advance(2 * EVERY)
    await watched.fails(None)
    assert watched.over == 2
    await clock.advance(AFTERMATH)
    await watched.fails(None)
    assert (watched.over, watched.answers) == (2, deque())


async def test_a_homeserver_that_comes_back_under_load_is_not_held_down(watched, clock):
    await watched.fails(DOWN, None)
    await clock.advance(EVERY)
    for _ in range(60):  # whatever is woken fails again
        await watched.fails(None)
        await clock.advance(EVERY)
    assert watched.over == 5
