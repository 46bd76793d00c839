"""What was said in a room before the bot was in: whoever comes behind it knows the last of it."""

from __future__ import annotations

import pytest

from bridgekit.errors import RetryLater
from bridgekit.ids import JobID, RoomID
from bridgekit.models import Draft, lane_of_room
from bridgekit.store.intake import Put
from bridgekit.store.jobs import drop

LANE = lane_of_room(RoomID("!r"))


@pytest.fixture
def early(draft):
    def build(name: str) -> Draft:
        return draft(f"early {name}", LANE)

    return build


async def test_the_last_is_known_until_its_turn(bench, draft, early, gate) -> None:
    slow, last = gate(), gate()
    bench.worker.steps["a"].append(slow)
    bench.worker.steps["early 2"].append(last)
    await bench.start()
    await bench.put(draft("a", LANE), early("1"), early("2"), draft("b", LANE))
    await slow.reached.wait()
    assert bench.queue.aside.last_early(LANE) == "$early 2"
    slow.open()
    await last.reached.wait()
    assert bench.queue.aside.last_early(LANE) is None
    last.open()
    await bench.ended(4)


async def test_what_has_to_be_tried_again_is_not_behind_what_follows(bench, early, clock) -> None:
    bench.worker.steps["early 1"].append(RetryLater("busy", 30))
    await bench.start()
    await bench.put(early("1"), early("2"))
    await clock.wait_for_timer(30)
    assert bench.queue.aside.last_early(LANE) == "$early 2"
    await bench.later(within=30)
    await bench.ended(2)


async def test_what_is_dropped_meanwhile_is_waited_for_by_nobody(bench, draft, early, gate) -> None:
    slow, behind = gate(), gate()
    bench.worker.steps["a"].append(slow)
    bench.worker.steps["b"].append(behind)
    await bench.start()
    await bench.put(draft("a", LANE))
    await slow.reached.wait()
    await bench.store.writer.write(Put([early("1"), draft("b", LANE)], at=1))
    await bench.queue.catch_up()
    assert bench.queue.aside.last_early(LANE) == "$early 1"
    await bench.store.writer.write(drop(JobID(2)))
    slow.open()
    await behind.reached.wait()
    assert bench.queue.aside.last_early(LANE) is None
    behind.open()
    await bench.ended(2)
