"""The virtual clock: time passes only when the test says so, sockets go on regardless."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta

import pytest
from aiohttp import ClientSession, web

from bridgekit.clock import SystemClock
from bridgekit.testing import clock as clock_module
from bridgekit.testing.clock import VirtualClock, settle, under_way


async def test_nothing_happens_until_the_clock_is_advanced():
    clock, fired = VirtualClock(), []
    clock.call_later(10, lambda: fired.append("due"))
    await clock.advance(9.9)
    assert not fired
    await clock.advance(0.2)
    assert fired == ["due"]


async def test_timers_fire_in_order_each_at_its_own_time():
    clock, fired = VirtualClock(), []
    for seconds in (3, 1, 2, 1):
        clock.call_later(seconds, lambda s=seconds: fired.append((s, clock.monotonic())))
    await clock.advance(5)
    assert fired == [(1, 1), (1, 1), (2, 2), (3, 3)]
    assert clock.monotonic() == 5


async def test_a_task_that_sleeps_again_wakes_within_the_same_advance():
    clock, woke = VirtualClock(), []

    async def tick():
        for _ in range(3):
            await clock.sleep(2)
            woke.append(clock.monotonic())

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(tick())
        await clock.advance(10)
    assert woke == [2, 4, 6]


async def test_a_cancelled_timer_neither_fires_nor_is_pending():
    clock, fired = VirtualClock(), []
    timer = clock.call_later(1, lambda: fired.append("due"))
    assert clock.pending == 1
    timer.cancel()
    assert clock.pending is None
    await clock.advance(2)
    assert not fired


async def test_a_cancelled_sleep_leaves_no_timer_behind():
    clock = VirtualClock()
    async with asyncio.TaskGroup() as tasks:
        sleeper = tasks.create_task(clock.sleep(60))
        await clock.wait_for_timer(within=60)
        sleeper.cancel()
    assert clock.pending is None


async def test_sleeping_no_time_lets_others_run():
    clock, ran = VirtualClock(), []
    asyncio.get_running_loop().call_soon(lambda: ran.append("other"))
    await clock.sleep(0)
    assert ran == ["other"]


@pytest.mark.parametrize("make_clock", [VirtualClock, SystemClock])
async def test_a_timeout_that_is_not_reached_does_nothing(make_clock):
    clock = make_clock()
    async with clock.timeout(60):
        reached = True
    assert reached


async def test_a_timeout_cancels_its_body_and_raises():
    clock = VirtualClock()

    async def slow():
        async with clock.timeout(5):
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(_outcome(slow()))
        await clock.advance(4.9)
        assert not waiting.done()
        await clock.advance(0.2)
        assert isinstance(await waiting, TimeoutError)
    assert clock.pending is None


async def test_the_system_clocks_timeout_raises_too():
    with pytest.raises(TimeoutError):
        async with SystemClock().timeout(0):
            await asyncio.Event().wait()


async def test_waiting_for_a_timer_ends_when_somebody_begins_to_wait():
    clock = VirtualClock()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clock.sleep(100))
        waiting = tasks.create_task(clock.wait_for_timer(within=5))
        await clock.advance(0)
        assert not waiting.done()
        clock.call_later(5, lambda: None)
        await waiting
        await clock.advance(100)


async def test_the_wall_clock_follows_and_can_jump_without_waking_anybody():
    clock, fired = VirtualClock(), []
    start = clock.now()
    clock.call_later(50, lambda: fired.append("due"))
    await clock.advance(10)
    assert clock.now() - start == timedelta(seconds=10)
    clock.jump(3600)
    assert clock.now() - start == timedelta(seconds=3610)
    assert clock.monotonic() == 10
    await clock.advance(0)
    assert not fired


async def test_requests_over_sockets_are_answered_between_two_timers():
    clock, seen = VirtualClock(), []

    async def answer(request):
        seen.append((request.path, clock.monotonic()))
        return web.Response()

    async def ask(url):
        async with ClientSession() as http:
            for path in ("/one", "/two"):
                await clock.sleep(10)
                async with http.get(f"{url}{path}") as response:
                    assert response.status == 200

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ask(f"http://{host}:{port}"))
        await clock.advance(30)
    await runner.cleanup()
    assert seen == [("/one", 10), ("/two", 20)]


async def _outcome(awaitable):
    try:
        return await awaitable
    except TimeoutError as error:
        return error


async def three_steps(done):
    """Each in a thread, as those of a database are."""
    for step in range(3):
        await asyncio.to_thread(time.sleep, 0.05)
        done.append(step)


async def test_what_threads_do_takes_no_time_of_the_clock():
    clock, done = VirtualClock(), []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(three_steps(done))
        await clock.advance(0)
        assert done == [0, 1, 2]


async def test_a_thread_that_waits_for_the_test_is_waited_for_once(monkeypatch):
    monkeypatch.setattr(clock_module, "_STUCK", 0.01)
    go_on, clock, fired = threading.Event(), VirtualClock(), []
    waiting = asyncio.create_task(asyncio.to_thread(go_on.wait))
    for second in range(1000):
        clock.call_later(second, lambda: fired.append(1))
    await clock.advance(1000)
    assert len(fired) == 1000
    assert not waiting.done()
    go_on.set()
    assert await waiting


async def test_to_settle_waits_for_what_is_said_to_be_under_way():
    async def elsewhere():
        with under_way():
            await asyncio.sleep(0.05)
        done.append("over")

    done = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(elsewhere())
        await settle()
        assert done == ["over"]
