"""What stepped aside: what looks at it again, and how much may wait so."""

from __future__ import annotations

import sys

from bridgekit.ids import LoginID, PortalID
from bridgekit.lanes.parking import Hold, Park
from bridgekit.models import lane_to_matrix

ANN = LoginID("ann")
LANE = lane_to_matrix(PortalID(1))


async def aside(bench, draft, **steps) -> None:
    """These jobs have stepped aside so."""
    for key, step in steps.items():
        bench.worker.steps[key].append(step)
    await bench.start()
    await bench.put(*map(draft, steps))
    await bench.until(lambda: len(bench.worker.begun) == len(steps))


async def test_what_is_about_a_job_that_waits_for_its_login_is_not_looked_at_again_and_again(
    bench, draft
):
    await aside(bench, draft, said=Hold(ANN), edit=Park("$said"), lost=Park("$nothing"))
    bench.queue.aside.reconsider(Park, before=sys.maxsize)
    await bench.ended(1)
    assert bench.worker.begun == ["said", "edit", "lost", "lost"]
    bench.queue.aside.release(ANN)
    await bench.ended(3)
    assert bench.worker.begun[4:] == ["said", "edit"]


async def test_what_waits_for_its_login_crowds_out_nothing(bench, draft, monkeypatch):
    monkeypatch.setattr("bridgekit.lanes.aside.CROWD", 2)
    await aside(bench, draft, one=Hold(ANN), two=Hold(ANN), about=Park("$one"))
    assert not bench.queue.aside.crowded(LANE)
    bench.worker.steps["too"].append(Park("$two"))
    await bench.put(draft("too"))
    await bench.until(lambda: bench.queue.aside.parked(LANE, "$two"))
    assert bench.queue.aside.crowded(LANE)


async def test_a_circle_is_seen_among_what_waits_for_its_target(bench, draft):
    await aside(bench, draft, held=Hold(ANN), b=Park("$a"), c=Park("$b"), d=Park("$held"))
    in_a_circle = bench.queue.aside.in_a_circle
    assert in_a_circle(LANE, "$a", "$c")
    assert not in_a_circle(LANE, "$a", "$d")
    assert not in_a_circle(LANE, "$held", "$c")
    assert not in_a_circle(LANE, "$new", "$c")
