"""Order within a lane, concurrency across lanes, and what waiting does to either."""

from __future__ import annotations

import asyncio
import math

import pytest

from bridgekit.errors import RetryLater, Scope
from bridgekit.ids import LoginID, PortalID, RoomID
from bridgekit.lanes.parking import Hold
from bridgekit.matrix.api import HomeserverDown
from bridgekit.models import lane_of_room, lane_to_matrix, lane_to_network
from bridgekit.store.intake import Put
from bridgekit.testing.clock import settle

ANN, BEN = LoginID("net:ann"), LoginID("net:ben")


async def test_a_job_goes_from_put_to_its_handler_and_ends(bench, draft) -> None:
    await bench.start()
    assert await bench.put(draft("a")) == [1]
    (outcome,) = await bench.ended(1)
    assert (outcome.job, outcome.result) == (1, "delivered")
    assert await bench.jobs.open() == []


async def test_what_was_received_before_is_not_handed_over_again(bench, draft) -> None:
    await bench.start()
    assert await bench.put(draft("a"), draft("a"), draft("b")) == [1, None, 2]
    assert await bench.put(draft("b"), draft("c")) == [None, 3]
    await bench.ended(3)
    assert bench.worker.begun == ["a", "b", "c"]


async def test_a_lane_keeps_its_order_while_its_head_is_tried_again(bench, draft, clock) -> None:
    bench.worker.steps["b"].extend([RetryLater("busy", 30), RetryLater("busy", 7)])
    await bench.start()
    await bench.put(*map(draft, "abc"))
    await bench.later(within=30)
    assert clock.monotonic() == 30
    await bench.put(draft("d"))
    await bench.later(within=7)
    assert clock.monotonic() == 37
    await bench.ended(4)
    assert bench.worker.begun == ["a", "b", "b", "b", "c", "d"]
    assert [outcome.source for outcome in bench.outcomes] == ["$a", "$b", "$c", "$d"]


async def test_what_comes_meanwhile_does_not_shorten_the_wait(bench, draft, clock) -> None:
    bench.worker.steps["a"].append(RetryLater("busy", 30))
    await bench.start()
    await bench.put(draft("a"))
    await clock.wait_for_timer(30)
    await bench.put(draft("b"))
    bench.queue.aside.release(ANN)
    await settle()
    assert bench.worker.begun == ["a"]
    await clock.advance(29.9)
    assert bench.worker.begun == ["a"]
    await clock.advance(0.1)
    await bench.ended(2)
    assert bench.worker.begun == ["a", "a", "b"]


async def test_without_a_number_the_wait_grows_and_is_bounded(bench, draft, clock) -> None:
    bench.worker.steps["a"].extend([RetryLater("busy")] * 12)
    await bench.start()
    await bench.put(draft("a"))
    waits = []
    for _ in range(12):
        before = clock.monotonic()
        await bench.later(within=60)
        waits.append(clock.monotonic() - before)
    await bench.ended(1)
    assert all(2**number / 2 <= wait <= 2**number for number, wait in enumerate(waits[:6]))
    assert all(30 <= wait <= 60 for wait in waits[6:])


@pytest.mark.parametrize("after", [0.0, -5.0, math.inf, math.nan])
async def test_a_senseless_wait_neither_spins_nor_stops(bench, draft, clock, after) -> None:
    bench.worker.steps["a"].append(RetryLater("busy", after))
    await bench.start()
    await bench.put(draft("a"), draft("b"))
    await bench.later(within=24 * 3600)
    assert 0 < clock.monotonic() <= 24 * 3600
    await bench.ended(2)


async def test_a_slow_lane_delays_only_itself(bench, draft, gate) -> None:
    slow = gate()
    bench.worker.steps["slow"].append(slow)
    bench.worker.steps["waits"].append(RetryLater("busy", 1000))
    await bench.start()
    await bench.put(draft("slow", 1), draft("behind", 1), draft("waits", 2), draft("late", 2))
    await bench.put(*(draft(f"k{number}", 3 + number) for number in range(20)))
    await bench.ended(20)
    assert "behind" not in bench.worker.begun
    assert "late" not in bench.worker.begun
    slow.open()
    await bench.ended(22)


async def test_the_directions_of_a_portal_are_lanes_of_their_own(bench, draft, gate) -> None:
    slow = gate()
    bench.worker.steps["in"].append(slow)
    await bench.start()
    lanes = (lane_to_matrix(PortalID(1)), lane_to_network(PortalID(1)), lane_of_room(RoomID("1")))
    await bench.put(
        *(draft(key, lane) for key, lane in zip(("in", "out", "own"), lanes, strict=True))
    )
    await bench.ended(2)
    slow.open()
    await bench.ended(3)


async def test_an_idle_lane_has_no_task_and_no_memory(bench, draft) -> None:
    await bench.start()
    assert bench.task is not None
    await bench.put(*(draft(f"k{number}", number) for number in range(200)))
    await bench.ended(200)
    await bench.until(lambda: not bench.queue.lanes)
    assert bench.queue._running == set()
    assert len(bench.queue.brought) == 0
    assert bench.queue._bodies.kept == 0
    assert bench.queue.waiting == 0


async def test_a_wake_up_ends_the_wait_for_what_came_back(bench, draft, clock) -> None:
    bench.worker.steps["a"].append(HomeserverDown("The homeserver is down", 200, Scope.NETWORK))
    bench.worker.steps["b"].append(RetryLater("The network is down", 200, Scope.NETWORK))
    await bench.start()
    await bench.put(draft("a", 1), draft("b", lane_to_network(PortalID(1))))
    await bench.until(lambda: len(bench.queue._waiting_for) == 2)
    bench.queue.wake("nothing anybody waits for")
    bench.queue.wake("homeserver")
    bench.queue.wake("homeserver")
    await bench.ended(1)
    assert bench.worker.begun == ["a", "b", "a"]
    assert clock.monotonic() == 0
    await bench.later(within=200)
    await bench.ended(2)


async def test_who_is_not_connected_steps_aside_and_comes_back_in_order(bench, draft) -> None:
    for key in ("ann 1", "ann 2"):
        bench.worker.steps[key].append(Hold(ANN))
    await bench.start()
    lane = lane_to_network(PortalID(1))
    assert not bench.queue.aside.holds(lane, ANN)
    keys = ("ann 1", "ben 1", "ann 2", "ben 2")
    await bench.put(*(draft(key, lane) for key in keys))
    await bench.ended(2)
    assert [outcome.source for outcome in bench.outcomes] == ["$ben 1", "$ben 2"]
    assert bench.queue.aside.holds(lane, ANN)
    assert not bench.queue.aside.holds(lane, BEN)
    assert bench.queue.waiting == 2
    bench.queue.aside.release(BEN)
    bench.queue.aside.release(ANN)
    await bench.put(draft("ann 3", lane))
    await bench.ended(5)
    assert bench.worker.begun == [*keys, "ann 1", "ann 2", "ann 3"]
    assert bench.outcomes[-1].waits.keys() == {"order"}
    assert bench.outcomes[2].waits.keys() == {"order", "login"}


async def test_what_a_login_is_released_from_comes_before_what_is_there(bench, draft, gate) -> None:
    slow = gate()
    bench.worker.steps["ann"].append(Hold(ANN))
    bench.worker.steps["ben 1"].append(slow)
    await bench.start()
    lane = lane_to_network(PortalID(1))
    await bench.put(*(draft(key, lane) for key in ("ann", "ben 1", "ben 2")))
    await slow.reached.wait()
    bench.queue.aside.release(ANN)
    slow.open()
    await bench.ended(3)
    assert bench.worker.begun == ["ann", "ben 1", "ann", "ben 2"]


async def test_a_job_under_way_sees_that_its_person_still_waits(bench, draft, gate) -> None:
    """Their login connects while their next message is looked at: it must step behind."""
    slow, lane = gate(), lane_to_network(PortalID(1))
    bench.worker.steps["ann 1"].append(Hold(ANN))
    bench.worker.steps["ann 2"].extend([slow, Hold(ANN)])
    await bench.start()
    await bench.put(draft("ann 1", lane), draft("ann 2", lane), draft("ben", lane))
    await slow.reached.wait()
    bench.queue.aside.release(ANN)
    assert bench.queue.aside.holds(lane, ANN)
    slow.open()
    await bench.ended(3)
    assert bench.worker.begun == ["ann 1", "ann 2", "ann 1", "ann 2", "ben"]


async def test_a_lane_is_busy_until_all_is_stored(bench, draft) -> None:
    await bench.start()
    lane = draft("a").lane
    assert not bench.queue.busy(lane)
    await bench.put(draft("a"))
    assert bench.queue.busy(lane)
    await bench.queue.idle(lane)
    assert not bench.queue.busy(lane)


async def test_idle_returns_when_all_is_stored(bench, draft, gate) -> None:
    slow, lane = gate(), lane_to_matrix(PortalID(1))
    bench.worker.steps["a"].append(slow)
    await bench.start()
    await bench.queue.idle(lane)
    await bench.put(draft("a"), draft("b"))
    waiting = asyncio.create_task(bench.queue.idle(lane))
    await slow.reached.wait()
    assert not waiting.done()
    slow.open()
    await waiting
    assert len(bench.outcomes) == 2
    assert await bench.jobs.open() == []


async def test_what_is_stored_already_can_be_adopted_once(bench, draft) -> None:
    await bench.start()
    await bench.store.writer.write(Put([draft("a"), draft("b")], at=1))
    stored = await bench.jobs.open()
    bench.queue.adopt(stored)
    bench.queue.adopt(stored)
    await bench.ended(2)
    assert bench.worker.begun == ["a", "b"]


async def test_ten_thousand_jobs_over_a_thousand_lanes_finish_in_order(bench, draft) -> None:
    await bench.start()
    for round_ in range(10):
        await bench.put(*(draft(f"{round_} {lane}", lane) for lane in range(1000)))
    await bench.ended(10_000)
    order: dict[str, list[str]] = {}
    for key in bench.worker.begun:
        round_, lane = key.split()
        order.setdefault(lane, []).append(round_)
    assert len(order) == 1000
    assert all(rounds == list("0123456789") for rounds in order.values())
    assert await bench.jobs.open() == []
