"""What a lane need not ask the store: whether a message that has just come is known already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.ids import EventID, JobID, MessageID, PortalID
from bridgekit.lanes import aside as aside_module
from bridgekit.lanes.journey import Done
from bridgekit.models import Link, lane_to_network
from bridgekit.reasons import Reason
from bridgekit.store.relations import save_tombstones
from bridgekit.testing.clock import settle
from tests.core.uncommitted import HeldEnds

MADE = Done(
    Reason.DELIVERED, links=[Link(PortalID(1), MessageID("$a"), 0, EventID("$sent"), "ann")]
)


@pytest.fixture
def shown(draft):
    """The job of a message whose ID is `$` and its key."""
    return lambda key: replace(draft(key), shows=MessageID(f"${key}"))


@pytest.fixture
def sure(bench):
    """Whether the message of a job is news, once that has been begun."""

    async def ask(key: str = "a") -> bool:
        await bench.until(lambda: key in bench.worker.journeys)
        return bench.queue.news.sure(bench.worker.journeys[key].job)

    return ask


async def test_a_message_of_which_nothing_was_heard_is_news(bench, shown, sure) -> None:
    await bench.start()
    await bench.put(shown("a"), shown("b"))
    assert await sure("a")
    assert await sure("b")


async def test_what_was_linked_or_deleted_before_it_came_is_none(bench, shown, draft, sure) -> None:
    await bench.start()
    bench.worker.steps["sends a"].append(MADE)
    await bench.put(draft("sends a", lane_to_network(PortalID(1))))
    await bench.ended(1)
    await bench.store.writer.write(save_tombstones(PortalID(1), ["$b"], 1))
    await bench.put(shown("a"), shown("b"), shown("c"))
    assert [await sure(key) for key in "abc"] == [False, False, True]


async def test_what_is_linked_by_the_very_commit_that_stores_it_is_none(
    bench, shown, draft, sure, monkeypatch
) -> None:
    await bench.start()
    bench.worker.steps["sends a"].append(MADE)
    ends = HeldEnds(bench.store.writer, monkeypatch)
    await bench.put(draft("sends a", lane_to_network(PortalID(1))))
    await bench.until(lambda: len(ends.held) == 1)
    ends.release()  # queued, and in one turn with it:
    await bench.put(shown("a"))
    assert not await sure("a")


async def test_what_is_linked_while_it_waits_is_none(bench, shown, draft, gate, sure) -> None:
    await bench.start()
    hold = gate()
    bench.worker.steps["first"].append(hold)
    bench.worker.steps["sends a"].append(MADE)
    await bench.put(draft("first"), shown("a"))
    await hold.reached.wait()
    await bench.put(draft("sends a", lane_to_network(PortalID(1))))
    await bench.ended(1)
    hold.open()
    assert not await sure("a")


async def test_who_has_forgotten_too_much_is_not_sure(
    bench, shown, draft, gate, sure, monkeypatch
) -> None:
    monkeypatch.setattr(aside_module, "REMEMBERED", 10)
    await bench.start()
    hold = gate()
    bench.worker.steps["first"].append(hold)
    await bench.put(draft("first"), shown("a"))
    await hold.reached.wait()
    await bench.put(*(draft(f"other {number}", 2) for number in range(10)))
    await bench.ended(10)
    hold.open()
    assert not await sure("a")


async def test_what_another_process_stored_is_not_judged(bench, shown, sure) -> None:
    await bench.start()
    await settle()
    bench.queue.adopt([shown("a").job(JobID(7), 1)])
    assert not await sure("a")
