"""Delivery rule 17: the next send of a lane does not wait for the commit of the last one's end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bridgekit.errors import RetryLater
from bridgekit.ids import PortalID, RoomID
from bridgekit.lanes.earlier import PIPELINE
from bridgekit.lanes.parking import CROWD, Park
from bridgekit.models import lane_of_room, lane_to_matrix, lane_to_network
from bridgekit.testing.clock import settle
from tests.core.uncommitted import HeldEnds

LANES = (lane_to_matrix(PortalID(1)), lane_to_network(PortalID(1)))


@pytest.mark.parametrize("lane", LANES, ids=lambda lane: lane.direction.value)
async def test_rule_17_a_send_begins_before_the_ends_of_those_before_it_are_stored(
    bench, draft, monkeypatch, lane
) -> None:
    await bench.start()
    ends = HeldEnds(bench.store.writer, monkeypatch)
    await bench.put(*(draft(str(number), lane) for number in range(PIPELINE + 9)))
    await bench.until(lambda: len(ends.held) == PIPELINE)
    await settle()
    assert bench.worker.begun == [str(number) for number in range(PIPELINE)]  # and no more
    assert bench.outcomes == []
    ends.release()
    await bench.ended(PIPELINE + 9)
    assert bench.worker.begun == [str(number) for number in range(PIPELINE + 9)]


@pytest.mark.parametrize(
    ("lane", "kind"),
    [
        pytest.param(lane_of_room(RoomID("!r")), "Message", id="the own business of a room"),
        pytest.param(LANES[0], "Raw", id="what is known only once it is converted"),
    ],
)
async def test_rule_17_what_others_may_look_at_is_stored_before_they_begin(
    bench, draft, monkeypatch, lane, kind
) -> None:
    await bench.start()
    ends = HeldEnds(bench.store.writer, monkeypatch)
    await bench.put(*(replace(draft(key, lane), kind=kind) for key in "ab"))
    await bench.until(lambda: len(ends.held) == 1)
    await settle()
    assert bench.worker.begun == ["a"]
    ends.release()
    await bench.ended(2)


@pytest.mark.parametrize("lane", LANES, ids=lambda lane: lane.direction.value)
async def test_rule_17_what_has_to_be_tried_again_stops_what_is_behind_it(
    bench, draft, monkeypatch, lane
) -> None:
    bench.worker.steps["b"].append(RetryLater("busy", 30))
    await bench.start()
    ends = HeldEnds(bench.store.writer, monkeypatch)
    await bench.put(*(draft(key, lane) for key in "abc"))
    await bench.until(lambda: len(bench.worker.begun) == 2)
    ends.release()
    await bench.ended(1)
    await settle()
    assert bench.worker.begun == ["a", "b"]
    await bench.later(within=30)
    await bench.ended(3)
    assert bench.worker.begun == ["a", "b", "b", "c"]


async def test_rule_17_after_a_crash_all_that_was_ahead_is_in_doubt(
    bench, draft, monkeypatch
) -> None:
    await bench.start()
    HeldEnds(bench.store.writer, monkeypatch)
    keys = [str(number) for number in range(PIPELINE)]
    await bench.put(*map(draft, keys))
    await bench.until(lambda: len(bench.worker.begun) == PIPELINE)
    await bench.kill()
    bench.worker.begun.clear()
    await bench.start()
    await bench.ended(PIPELINE)
    assert bench.worker.begun == keys
    assert all(bench.worker.journeys[key].doubtful for key in keys)


async def test_rule_17_what_let_others_pass_hides_none_that_is_in_doubt(
    bench, draft, monkeypatch
) -> None:
    """The jobs that are parked come first in their lane; those that were sent are behind them."""
    parked = [f"parked {number}" for number in range(CROWD)]
    for key in parked:
        bench.worker.steps[key].append(Park("what never comes"))
    await bench.start()
    await bench.put(*map(draft, parked))
    await bench.until(lambda: len(bench.worker.begun) == CROWD)
    HeldEnds(bench.store.writer, monkeypatch)
    sent = [f"sent {number}" for number in range(PIPELINE)]
    await bench.put(*map(draft, sent))
    await bench.until(lambda: len(bench.worker.begun) == CROWD + PIPELINE)
    await bench.kill()
    await bench.start()
    await bench.ended(CROWD + PIPELINE)
    assert all(bench.worker.journeys[key].doubtful for key in sent)


async def test_rule_17_who_waits_for_what_was_done_does_not_wait_for_what_is_done_later(
    bench, draft, monkeypatch
):
    lane = lane_to_matrix(PortalID(1))
    await bench.start()
    ends = HeldEnds(bench.store.writer, monkeypatch)
    await bench.put(*(draft(str(number), lane) for number in range(3 * PIPELINE)))
    await bench.until(lambda: len(ends.held) == PIPELINE)
    waiting = asyncio.create_task(bench.queue.stored(lane))
    await settle()
    for number in range(PIPELINE):
        assert not waiting.done()
        ends.release_one()
        await bench.ended(number + 1)
        await bench.until(lambda: len(ends.held) == PIPELINE)
        await settle()
    assert waiting.done()
    ends.release()
