"""What goes wrong in one job, in the core itself or in the store, and what must go on."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import event

from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import EventID, LoginID, MessageID, PortalID
from bridgekit.lanes.bodies import Bodies
from bridgekit.lanes.journey import Done
from bridgekit.lanes.parking import Hold
from bridgekit.models import Link, lane_to_network
from bridgekit.reasons import Reason
from bridgekit.store.failure import StoreDown
from bridgekit.store.jobs import drop
from bridgekit.testing.clock import settle

TO_NETWORK = lane_to_network(PortalID(1))


async def dead(bench) -> list[str]:
    return [one.job.key for one in await bench.jobs.listed() if one.dead]


@pytest.mark.parametrize(
    "error", [KeyError("sender"), Rejected("No."), ExceptionGroup("g", [OSError()])]
)
async def test_a_failure_buries_its_own_job_only(bench, draft, error) -> None:
    bench.worker.steps["b"].append(error)
    await bench.start()
    await bench.put(*map(draft, "abc"))
    await bench.ended(3)
    assert bench.worker.buried == [("b", type(error).__name__)]
    assert [outcome.result for outcome in bench.outcomes] == ["delivered", "failed", "delivered"]
    assert await dead(bench) == ["b"]
    assert await bench.jobs.open() == []


async def test_a_burial_that_must_wait_is_tried_again(bench, draft) -> None:
    bench.worker.steps["a"].extend([Rejected("No."), Rejected("No.")])
    bench.worker.burials["a"].append(RetryLater("The homeserver is down", 10))
    await bench.start()
    await bench.put(draft("a"), draft("b"))
    await bench.later(within=10)
    await bench.ended(2)
    assert bench.worker.begun == ["a", "a", "b"]
    assert await dead(bench) == ["a"]
    assert len(bench.outcomes[0].tries) == 3


async def test_a_burial_that_fails_itself_ends_the_job_all_the_same(bench, draft) -> None:
    bench.worker.steps["a"].append(KeyError("content"))
    bench.worker.burials["a"].append(KeyError("content"))
    await bench.start()
    await bench.put(draft("a"), draft("b"))
    outcomes = await bench.ended(2)
    assert (outcomes[0].result, outcomes[0].reason) == ("failed", "internal")
    assert await dead(bench) == ["a"]


async def test_a_cancellation_from_within_is_no_order_to_stop(bench, draft) -> None:
    """As when a library cancels what our send waits for: nobody stopped this lane."""
    bench.worker.steps["a"].append(asyncio.CancelledError())
    bench.worker.steps["b"].append(Rejected("No."))
    bench.worker.burials["b"].append(asyncio.CancelledError())
    await bench.start()
    await bench.put(draft("a"), draft("b"))
    await bench.later(within=2)
    await bench.later(within=2)
    await bench.ended(2)
    assert bench.worker.begun == ["a", "a", "b", "b"]


async def test_a_fault_of_the_core_stops_one_lane_for_a_while(bench, draft, monkeypatch) -> None:
    faults = [RuntimeError("a fault")]

    async def faulty(lane) -> None:
        if lane.key.owner == "1" and faults:
            lane.begin(bench.clock)
            raise faults.pop()
        await step(lane)

    await bench.open()
    step = bench.queue._step
    monkeypatch.setattr(bench.queue, "_step", faulty)
    bench.run()
    await bench.put(draft("a", 1), draft("b", 1), draft("c", 2))
    await bench.ended(1)
    assert bench.worker.begun == ["c"]
    await bench.later(within=300)
    await bench.ended(3)
    assert bench.worker.begun == ["c", "a", "b"]
    assert bench.worker.journeys["a"].doubtful, "it may have been on its way"


async def test_a_report_that_fails_harms_nobody(bench, draft, monkeypatch) -> None:
    await bench.start()
    report, faults = bench.queue._report, [RuntimeError("a fault")]

    def faulty(outcome) -> None:
        if faults:
            raise faults.pop()
        report(outcome)

    monkeypatch.setattr(bench.queue, "_report", faulty)
    await bench.put(*map(draft, "abc"))
    await bench.ended(2)
    await bench.queue.idle(draft("a").lane)
    assert await bench.jobs.open() == []


async def test_an_end_that_cannot_be_stored_is_still_an_end(bench, draft) -> None:
    """A network gave an ID that no database keeps: the operator sees that job, the lane goes on."""
    landed: list[str] = []
    link = Link(PortalID(1), MessageID("\ud800"), 0, EventID("$e"), "bob")
    done = Done(Reason.DELIVERED, targets=("m1",), links=[link], then=lambda: landed.append("a"))
    bench.worker.steps["a"].append(done)
    await bench.start()
    await bench.put(draft("a", TO_NETWORK), draft("b", TO_NETWORK))
    await bench.ended(2)
    await bench.queue.idle(TO_NETWORK)
    assert {(one.source, one.result) for one in bench.outcomes} == {
        ("$a", "unknown"),
        ("$b", "delivered"),
    }
    assert landed == ["a"]
    assert await dead(bench) == ["a"]


async def test_what_people_read_may_hold_anything(bench, draft) -> None:
    bench.worker.steps["a"].extend([RetryLater("busy \0\ud800", 1), Rejected("no \0\ud800")])
    await bench.start()
    await bench.put(draft("a"))
    await bench.later(within=1)
    await bench.ended(1)
    (listed,) = await bench.jobs.listed()
    assert listed.error == "no \ufffd?"


def refuse_to_write(connection, *, refuse: bool) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA query_only = {int(refuse)}")
    elif refuse:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


async def test_rule_24_nothing_is_claimed_while_the_store_fails(bench, draft, gate) -> None:
    slow, readonly = gate(), False

    def begin(connection) -> None:
        if not {"reads", "isolation_level"} & connection.get_execution_options().keys():
            refuse_to_write(connection, refuse=readonly)

    bench.worker.steps["a"].append(slow)
    await bench.start()
    event.listen(bench.store.writer._engine.sync_engine, "begin", begin)
    await bench.put(draft("a", 1), draft("b", 1))
    await slow.reached.wait()
    readonly = True
    slow.open()
    await bench.clock.wait_for_timer(1)
    with pytest.raises(StoreDown):
        await bench.put(draft("c", 2))
    await settle()
    assert bench.outcomes == []
    await bench.clock.wait_for_timer(1)
    readonly = False
    await bench.later(within=1)
    await bench.ended(2)
    assert bench.worker.begun == ["a", "b"]


async def test_a_store_that_fails_a_handler_buries_nothing(bench, draft) -> None:
    bench.worker.steps["a"].append(StoreDown())
    bench.worker.steps["b"].extend([Rejected("No."), Rejected("No.")])
    bench.worker.burials["b"].append(StoreDown())
    await bench.start()
    await bench.put(draft("a"), draft("b"))
    await bench.later(within=1)
    await bench.later(within=1)
    await bench.ended(2)
    assert bench.worker.begun == ["a", "a", "b", "b"]
    assert bench.outcomes[0].waits.keys() == {"order", "store"}
    assert await dead(bench) == ["b"]


async def test_bodies_beyond_the_bound_are_read_when_their_turn_comes(
    bench, draft, gate, monkeypatch
) -> None:
    slow = gate()
    bench.worker.steps["k0"].append(slow)
    await bench.start()
    bodies = Bodies(bench.jobs, memory=1000)
    monkeypatch.setattr(bench.queue, "_bodies", bodies)
    await bench.put(*(draft(f"k{number}", body="x" * 400) for number in range(200)))
    await slow.reached.wait()
    assert bodies.kept == 1200
    slow.open()
    await bench.ended(200)
    assert bench.worker.begun == [f"k{number}" for number in range(200)]
    assert {len(one.job.body or "") for one in bench.worker.journeys.values()} == {400}
    assert bodies.kept == 0


async def test_memory_is_counted_right_whatever_happens(bench, draft, monkeypatch) -> None:
    ann = LoginID("net:ann")
    counts: list[int] = []
    bench.worker.steps["a"].extend([RetryLater("busy", 1), Rejected("No.")])
    bench.worker.burials["a"].append(RetryLater("busy", 1))
    bench.worker.steps["b"].extend([Hold(ann), StoreDown(), Rejected("No.")])
    bench.worker.steps["c"].append(asyncio.CancelledError())
    await bench.start()
    bodies = Bodies(bench.jobs, memory=25)
    monkeypatch.setattr(bench.queue, "_bodies", bodies)
    monkeypatch.setattr(bench.queue, "_report", lambda _: counts.append(bodies.kept))
    await bench.put(*(draft(key, body="x" * 10) for key in "abcdef"))
    stored = await bench.jobs.open()
    bench.queue.adopt(stored)
    while len(counts) < 6:
        await asyncio.sleep(0)
        bench.queue.aside.release(ann)
        if bench.clock.pending is not None:
            await bench.clock.advance(1)
    await bench.queue.idle(draft("a").lane)
    assert min(counts) >= 0
    assert bodies.kept == 0


async def test_a_waiting_job_that_was_dropped_is_not_sent(bench, draft) -> None:
    bench.worker.steps["a"].append(RetryLater("busy", 30))
    await bench.start()
    ids = await bench.put(draft("a"), draft("b"))
    await bench.clock.wait_for_timer(30)
    await bench.store.writer.write(drop(ids[0]))
    await bench.later(within=30)
    await bench.ended(1)
    assert bench.worker.begun == ["a", "b"]
    assert bench.worker.buried == []
    await bench.queue.idle(draft("a").lane)
    assert len(bench.queue.brought) == 0


async def test_a_lane_whose_jobs_were_all_dropped_is_over(bench, draft) -> None:
    bench.worker.steps["a"].append(RetryLater("busy", 30))
    await bench.start()
    (job,) = await bench.put(draft("a"))
    await bench.clock.wait_for_timer(30)
    await bench.store.writer.write(drop(job))
    await bench.clock.advance(30)
    await bench.queue.idle(draft("a").lane)
    assert bench.outcomes == []


async def test_what_was_released_while_bodies_were_read_keeps_its_body(bench, draft) -> None:
    """A login comes back just as its lane reads bodies: nothing is handled without one."""
    ann = LoginID("net:ann")
    bench.worker.steps["ann"].append(Hold(ann))
    bench.worker.steps["b"].append(RetryLater("busy", 5))
    await bench.start()
    await bench.put(*(draft(key, TO_NETWORK) for key in ("ann", "b", "c")))
    await bench.clock.wait_for_timer(5)
    read = bench.jobs.bodies

    async def reading(jobs):
        bench.queue.aside.release(ann)
        return await read(jobs)

    bench.jobs.bodies = reading
    await bench.later(within=5)
    await bench.ended(3)
    assert sorted(bench.worker.begun) == ["ann", "ann", "b", "b", "c"]
    assert {outcome.result for outcome in bench.outcomes} == {"delivered"}
