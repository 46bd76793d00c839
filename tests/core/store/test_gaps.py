"""Places are kept for the past of a chat once, however often they are asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.ids import EventID, JobID, MessageID, PortalID
from bridgekit.models import Link, Outcome, Part, Result, lane_to_matrix
from bridgekit.store.gaps import Gap, GapRows, Reserve, close_gap
from bridgekit.store.intake import Put
from bridgekit.store.progress import Finish, Retry, SaveParts

PORTAL, OTHER = PortalID(1), PortalID(2)
KEPT = Gap(PORTAL, MessageID("m1"), JobID(1), JobID(5))


async def test_places_that_are_kept_already_are_answered_again(store, draft) -> None:
    assert await store.writer.write(Reserve(PORTAL, MessageID("m1"), 5)) == KEPT
    assert await store.writer.write(Put([draft("behind")], at=1)) == (6,)
    assert await store.writer.write(Reserve(PORTAL, MessageID("m9"), 5)) == KEPT
    assert await GapRows(store.reader).all() == [KEPT]


async def test_what_is_known_takes_no_place(store, draft) -> None:
    await store.writer.write(Reserve(PORTAL, None, 3))
    await store.writer.write(Put([draft("live")], at=1))
    past = [draft(name) for name in ("a", "b", "c", "d")]
    assert await store.writer.write(Put(past[:2], at=1, past_of=PORTAL)) == (1, 2)
    again = Put(past, at=1, past_of=PORTAL)  # no place is left for the last: it is not lost
    assert await store.writer.write(again) == (None, None, 3, 5)


async def test_what_came_as_new_is_moved_to_its_place_in_the_past(store, draft, rows) -> None:
    await store.writer.write(Reserve(PORTAL, None, 5))
    assert await store.writer.write(Put([draft("live"), draft("again")], at=1)) == (6, 7)
    past = Put([draft(name) for name in ("again", "missed", "live")], at=1, past_of=PORTAL)
    assert await store.writer.write(past) == (1, 2, 3)
    assert await rows("job", "id, key") == [(1, "again"), (2, "missed"), (3, "live")]
    assert await store.writer.write(past) == (None, None, None)
    assert await store.writer.write(Put([draft("later")], at=1, past_of=PORTAL)) == (4,)


async def test_what_waits_in_the_lane_of_another_chat_is_not_moved(store, draft, rows) -> None:
    """That one does not stand still: it may be under way."""
    await store.writer.write(Reserve(PORTAL, None, 5))
    elsewhere = replace(draft("again"), lane=lane_to_matrix(OTHER))
    assert await store.writer.write(Put([elsewhere], at=1)) == (6,)
    past = Put([elsewhere, draft("missed")], at=1, past_of=PORTAL)
    assert await store.writer.write(past) == (None, 1)
    assert await rows("job", "id, key") == [(1, "missed"), (6, "again")]


async def test_what_comes_as_new_in_the_same_commit_has_its_place_at_once(store, draft) -> None:
    await store.writer.write(Reserve(PORTAL, None, 5))
    live = Put([draft("live"), draft("again"), draft("later")], at=1)
    past = Put([draft(name) for name in ("again", "missed", "live")], at=1, past_of=PORTAL)
    answers = [store.writer.submit(one) for one in (live, past)]
    assert [await one for one in answers] == [(3, 1, 6), (None, 2, None)]


@pytest.mark.parametrize(
    "begun",
    [Retry(JobID(6), 1, 0, "busy"), SaveParts(JobID(6), [Part(0, "t", body="{}")])],
    ids=["tried", "planned"],
)
async def test_what_was_begun_keeps_its_place_and_nothing_is_put_before_it(
    store, draft, begun
) -> None:
    await store.writer.write(Reserve(PORTAL, None, 5))
    await store.writer.write(Put([draft("begun")], at=1))
    await store.writer.write(begun)
    past = Put([draft(name) for name in ("missed", "begun", "after")], at=1, past_of=PORTAL)
    assert await store.writer.write(past) == (1, None, 7)


async def test_what_is_dead_stands_in_nobodys_way(store, draft) -> None:
    await store.writer.write(Reserve(PORTAL, None, 5))
    await store.writer.write(Put([draft("dead")], at=1))
    about = ("Message", "$dead", Result.FAILED, "rejected", "No.", 1, 5)
    await store.writer.write(Finish(Outcome(JobID(6), lane_to_matrix(PORTAL), *about), bury=True))
    past = Put([draft("dead"), draft("after")], at=1, past_of=PORTAL)
    assert await store.writer.write(past) == (None, 1)


async def test_where_no_place_is_left_what_came_as_new_stays_where_it_is(store, draft) -> None:
    await store.writer.write(Reserve(PORTAL, None, 1))
    await store.writer.write(Put([draft("again")], at=1))
    past = Put([draft(name) for name in ("missed", "again", "after")], at=1, past_of=PORTAL)
    assert await store.writer.write(past) == (1, None, 3)


async def test_what_was_bridged_before_a_time_is_older_than_that(store) -> None:
    about = ("Message", "m1", Result.DELIVERED, "delivered", "Fine.", 1, 5)
    end = Outcome(JobID(1), lane_to_matrix(PORTAL), *about)
    link = Link(PORTAL, MessageID("m1"), 0, EventID("$1"), "bob")
    await store.writer.write(Finish(end, [link]))
    rows, at = GapRows(store.reader), end.finished_at
    assert not await rows.linked_before(PORTAL, at)
    assert await rows.linked_before(PORTAL, at + 1)
    assert not await rows.linked_before(OTHER, at + 1)


async def test_a_chat_without_kept_places_shows_its_past_in_order(store, draft) -> None:
    past = Put([draft("a"), draft("b")], at=1, past_of=PORTAL)
    assert await store.writer.write(past) == (1, 2)


async def test_two_requests_in_one_commit_get_the_same_places(store) -> None:
    asked = [store.writer.submit(Reserve(portal, None, 3)) for portal in (PORTAL, OTHER, PORTAL)]
    first, other, again = [await future for future in asked]
    assert again == first
    assert {first.portal, other.portal} == {PORTAL, OTHER}
    assert not {*range(first.next, first.last + 1)} & {*range(other.next, other.last + 1)}


async def test_a_chat_whose_gap_was_closed_gets_new_places(store) -> None:
    first = await store.writer.write(Reserve(PORTAL, None, 3))
    await store.writer.write(close_gap(PORTAL))
    assert await GapRows(store.reader).all() == []
    later = await store.writer.write(Reserve(PORTAL, None, 3))
    assert later.next > first.last
