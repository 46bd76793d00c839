"""Stopping: what is in flight finishes, and nothing else begins (delivery rule 26)."""

from __future__ import annotations

import asyncio

from bridgekit.errors import RetryLater
from bridgekit.ids import JobID, PortalID
from bridgekit.models import Part, lane_to_network
from bridgekit.store.intake import Put
from bridgekit.store.progress import SaveParts
from bridgekit.testing.clock import settle

TO_NETWORK = lane_to_network(PortalID(1))


async def test_rule_26_stopping_lets_what_is_in_flight_finish_and_claims_no_more(
    bench, draft, gate
) -> None:
    slow = gate()
    bench.worker.steps["a"].append(slow)
    await bench.start()
    await bench.put(draft("a"), draft("b"))
    await slow.reached.wait()
    await bench.queue.stop()
    await bench.put(draft("c", 2))
    await settle()
    assert not bench.task.done()
    slow.open()
    await bench.task
    await bench.stop()
    assert bench.worker.begun == ["a"]
    assert [outcome.source for outcome in bench.outcomes] == ["$a"]
    await bench.start()
    await bench.ended(3)
    assert sorted(bench.worker.begun) == ["a", "b", "c"]  # lanes do not wait for each other


async def test_rule_26_stopping_takes_twenty_seconds_at_most(bench, draft, gate, clock) -> None:
    bench.worker.steps["a"].append(gate())
    await bench.start()
    await bench.put(draft("a"))
    await bench.until(lambda: bench.worker.begun == ["a"])
    await bench.queue.stop()
    await clock.wait_for_timer(20)
    await clock.advance(19.9)
    assert not bench.task.done()
    await clock.advance(0.1)
    await bench.task
    assert bench.outcomes == []
    idle = asyncio.create_task(bench.queue.idle(draft("a").lane))
    await settle()
    assert not idle.done(), "whoever waits for its end must not take this for one"
    idle.cancel()
    assert [job.key for job in await bench.jobs.open()] == ["a"], "it goes on at the next start"
    await bench.stop()
    bench.worker.at_work.clear()
    await bench.start()
    await bench.ended(1)


async def test_stopping_waits_for_no_lane_that_only_waits(bench, draft, clock) -> None:
    bench.worker.steps["a"].append(RetryLater("busy", 3600))
    await bench.start()
    await bench.put(draft("a"))
    await clock.wait_for_timer(3600)
    await bench.stop()
    assert clock.monotonic() == 0


async def test_a_stop_before_the_start_is_a_stop(bench, draft) -> None:
    await bench.open()
    await bench.store.writer.write(Put([draft("a")], at=1))
    await bench.kill()
    await bench.open()
    await bench.queue.stop()
    bench.run()
    await bench.task
    assert bench.worker.begun == []


async def test_after_an_orderly_stop_only_what_was_begun_is_doubtful(bench, draft) -> None:
    bench.worker.steps["tried"].append(RetryLater("busy", 100))
    await bench.start()
    await bench.put(draft("tried", TO_NETWORK), draft("new", TO_NETWORK))
    await bench.put(draft("planned", TO_NETWORK))
    await bench.clock.wait_for_timer(100)
    await bench.store.writer.write(SaveParts(JobID(3), [Part(0, "t", body="{}")]))
    await bench.stop()
    await bench.start()
    await bench.clock.wait_for_timer(100)
    await bench.clock.advance(400)
    await bench.ended(3)
    doubtful = {key: journey.doubtful for key, journey in bench.worker.journeys.items()}
    assert doubtful == {"tried": True, "new": False, "planned": True}


async def test_an_orderly_stop_counts_for_one_start_only(bench, draft) -> None:
    bench.worker.steps["tried"].append(RetryLater("busy", 100))
    await bench.start()
    await bench.put(draft("tried", TO_NETWORK), draft("new", TO_NETWORK))
    await bench.clock.wait_for_timer(100)
    await bench.stop()
    await bench.start()
    await bench.clock.wait_for_timer(100)
    await bench.kill()
    await bench.start()
    await bench.clock.wait_for_timer(100)
    await bench.clock.advance(400)
    await bench.ended(2)
    assert bench.worker.journeys["new"].doubtful
