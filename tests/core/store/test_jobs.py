"""Jobs, parts and outcomes, read back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bridgekit.ids import EventID, JobID, MessageID, PortalID, RoomID
from bridgekit.models import (
    Fate,
    Link,
    Outcome,
    Part,
    PartState,
    Result,
    Step,
    lane_of_room,
    lane_to_matrix,
)
from bridgekit.store.intake import Put
from bridgekit.store.jobs import Jobs, charge, drop, revive, settle
from bridgekit.store.portals import PortalRows
from bridgekit.store.progress import Finish, MarkPart, NotePart, Retry, SaveParts

LANE = lane_to_matrix(PortalID(1))
ONE = JobID(1)


def ended(job: int, *targets: str, source: str = "$source", detail: str = "Fine.") -> Outcome:
    about = ("Message", source, Result.DELIVERED, "delivered", detail, 1, 2)
    return Outcome(JobID(job), LANE, *about, targets=targets)


@pytest.fixture
async def jobs(store, draft) -> Jobs:
    await store.writer.write(Put([draft("a"), draft("b"), draft("c")], at=1))
    return Jobs(store.reader)


async def test_open_jobs_come_in_order_and_without_bodies(jobs) -> None:
    found = await jobs.open()
    assert [(job.id, job.key, job.body) for job in found] == [
        (1, "a", None),
        (2, "b", None),
        (3, "c", None),
    ]
    assert await jobs.bodies([JobID(3), JobID(9)]) == {3: "{}"}


async def test_a_try_is_remembered(store, jobs) -> None:
    await store.writer.write(Retry(ONE, 4, 123456, "busy \ud800\0"))
    job = (await jobs.open())[0]
    assert (job.attempts, job.not_before) == (4, 123456)
    assert (await jobs.listed())[0].error == "busy ?\ufffd"


async def test_a_dead_job_is_not_open_and_can_be_revived(store, jobs) -> None:
    await store.writer.write(SaveParts(ONE, [Part(0, "t0"), Part(1, "t1")]))
    await store.writer.write(NotePart(ONE, Part(0, "t0", PartState.SENT, ids=(MessageID("m"),))))
    await store.writer.write(NotePart(ONE, Part(1, "t1", PartState.UNKNOWN)))
    await store.writer.write(Finish(ended(1, detail="Lost."), bury=True))
    assert [job.id for job in await jobs.open()] == [2, 3]
    assert await jobs.bodies([ONE]) == {}
    dead = (await jobs.listed())[0]
    assert (dead.job.id, dead.dead, dead.error) == (1, True, "Lost.")
    await store.writer.write(revive(ONE, at=77))
    assert [job.id for job in await jobs.open()] == [1, 2, 3]
    states = [part.state for part in await jobs.parts(ONE)]
    assert states == [PartState.SENT, PartState.PLANNED], "it goes on where it failed"
    assert (await jobs.open())[0].received_at == 77, "it is as old as its new life"


async def test_a_dropped_job_leaves_nothing(store, jobs, rows) -> None:
    await store.writer.write(SaveParts(ONE, [Part(0, "t0")]))
    await store.writer.write(drop(ONE))
    assert await rows("part") == []
    assert [job.id for job in await jobs.open()] == [2, 3]


async def test_the_mark_of_the_next_try_outlives_the_note_on_the_last(store, jobs) -> None:
    """Both may be in one batch when the disk is slow: a crash after it must find the mark."""
    note = store.writer.submit(NotePart(ONE, Part(0, "t", PartState.PLANNED)))
    mark = store.writer.submit(MarkPart(ONE, Part(0, "t", PartState.SENDING)))
    await asyncio.gather(note, mark)
    assert await jobs.marked() == {1}


async def test_deaths_are_charged(store, jobs) -> None:
    job = (await jobs.open())[0]
    await store.writer.write(charge([replace(job, deaths=2)]))
    assert [job.deaths for job in await jobs.open()] == [2, 0, 0]


async def test_a_mark_that_is_settled_is_none_and_stays_in_doubt(store, jobs) -> None:
    await store.writer.write(SaveParts(ONE, [Part(n, f"t{n}") for n in range(2)]))
    await store.writer.write(MarkPart(ONE, Part(1, "t1", PartState.SENDING)))
    await store.writer.write(settle(in_order=False))
    assert await jobs.marked() == set()
    assert [part.state for part in await jobs.parts(ONE)] == ["planned", "doubt"]
    await store.writer.write(charge([]))  # the next start; who sends it marks it again
    assert await jobs.marked() == set()
    assert [part.state for part in await jobs.parts(ONE)] == ["planned", "doubt"]


@pytest.mark.parametrize("event", ["$abc_DEF-1:x", "$a%b", "$a!b", "1", 'q"uote', "über"])
async def test_an_outcome_is_found_by_what_it_became(store, event) -> None:
    await store.writer.write(Finish(ended(1, "$first", event)))
    await store.writer.write(Finish(ended(2, event + "x", "x" + event, source="$2")))
    found = await Jobs(store.reader).outcomes(event, None)
    assert [outcome.job for outcome in found] == [1]


async def test_an_outcome_is_found_by_its_source_and_its_job(store) -> None:
    await store.writer.write(Finish(ended(1, source="$s_1")))
    await store.writer.write(Finish(ended(2, source="$sx1")))
    assert [one.job for one in await Jobs(store.reader).outcomes("$s_1", None)] == [1]
    assert [one.job for one in await Jobs(store.reader).outcomes("BK-…", JobID(2))] == [2]


async def test_an_outcome_comes_back_as_it_was(store) -> None:
    outcome = Outcome(
        *(ONE, LANE, "Message", "$s", Result.UNKNOWN, "may_not_be_sent", "Who knows."),
        *(1, 2, {"login": 5}, ({"at": 1, "why": "x"},), ("m1",)),
        *("net", {Step.STORED: 3, Step.TOLD: 4}, Fate.UNKNOWN),
    )
    await store.writer.write(Finish(outcome))
    assert await Jobs(store.reader).outcomes("$s", None) == [outcome]


async def test_links_are_found_both_ways(store) -> None:
    links = [
        Link(PortalID(1), MessageID("m"), part, EventID(f"$e{part}"), "bob") for part in range(2)
    ]
    other = Link(PortalID(2), MessageID("m"), 0, EventID("$e0"), "bob")
    await store.writer.write(Finish(ended(1), [*links, other]))
    rows = PortalRows(store.reader)
    assert await rows.links(PortalID(1), MessageID("m")) == [replace(one, at=2) for one in links]


async def test_more_bodies_than_a_statement_has_places_for_are_read(jobs) -> None:
    found = await jobs.bodies([JobID(number) for number in range(40_000)])
    assert set(found) == {JobID(1), JobID(2), JobID(3)}


async def test_which_rooms_have_something_to_do_of_their_own(store, draft) -> None:
    rooms = [lane_of_room(RoomID(f"!{name}:example.org")) for name in "abc"]
    drafts = [replace(draft(lane.owner), lane=lane) for lane in rooms]
    numbers = await store.writer.write(Put([*drafts, draft("of a chat")], at=1))
    await store.writer.write(Finish(ended(numbers[1]), bury=True))
    assert await Jobs(store.reader).in_rooms() == {rooms[0], rooms[2]}
