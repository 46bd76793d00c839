"""What was received before is known by its keys; the rest of its batch is taken."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from bridgekit.events import MemberState
from bridgekit.ids import LoginID, NetworkName, PortalID, RemoteUserID
from bridgekit.login_row import LoginRow
from bridgekit.models import Outcome, Result, SetAside, Want, lane_to_matrix
from bridgekit.store.intake import AcceptTransaction, Put, Take
from bridgekit.store.members import MemberRows
from bridgekit.store.people import People, save_login
from bridgekit.store.progress import Finish
from bridgekit.store.transactions import recent, unread

LOGIN = LoginID("net:bot")


async def put(store, *drafts, **fields):
    return await store.writer.write(Put(drafts, at=1, **fields))


async def end(store, job) -> None:
    lane = lane_to_matrix(PortalID(1))
    outcome = Outcome(job, lane, "Message", "$s", Result.DELIVERED, "delivered", "", 1, 2)
    await store.writer.write(Finish(outcome))


async def test_a_job_is_taken_once_by_its_key(store, draft) -> None:
    assert await put(store, draft("a"), draft("a"), draft("b")) == (1, None, 2)
    assert await put(store, draft("a"), draft("c")) == (None, 3)


async def test_a_job_is_taken_once_by_any_key_it_was_seen_under(store, draft) -> None:
    first = draft("a", seen=("envelope 1", "message 1"))
    assert await put(store, first, draft("b", seen=("envelope 2", "message 1"))) == (1, None)
    assert await put(store, draft("c", seen=("envelope 1",))) == (None,)
    assert await put(store, draft("d", seen=("envelope 2",))) == (2,), "its batch was not seen"


async def test_what_was_seen_is_known_after_the_job_has_ended(store, draft, rows) -> None:
    (job,) = await put(store, draft("a", seen=("m1",)))
    await end(store, job)
    assert await rows("job") == []
    assert await put(store, draft("a", seen=("m1",))) == (None,)


async def test_batches_that_meet_in_one_commit_know_each_other(store, draft) -> None:
    batches = [Put([draft("a", seen=("m1",))], at=1), Put([draft("b", seen=("m1",))], at=1)]
    results = await asyncio.gather(*(store.writer.submit(one) for one in batches))
    assert results == [(1,), (None,)]


async def test_many_keys_are_looked_up_in_pieces(store, draft) -> None:
    drafts = [draft(f"k{number}", seen=(f"m{number}",)) for number in range(2500)]
    assert await put(store, *drafts) == tuple(range(1, 2501))
    assert set(await put(store, *drafts)) == {None}


async def test_ids_increase_in_the_order_of_commits(store, draft) -> None:
    order: list[int] = []
    futures = [
        store.writer.submit(
            Put([draft(f"{batch}/{number}") for number in range(3)], at=1), order.extend
        )
        for batch in range(1000)
    ]
    await asyncio.gather(*futures)
    assert order == list(range(1, 3001))


async def test_repetitions_use_up_no_ids(store, draft) -> None:
    await put(store, draft("a", seen=("m1",)))
    for _ in range(5):
        await put(store, draft("a", seen=("m1",)))
    assert await put(store, draft("b")) == (2,)


async def test_cursor_members_and_jobs_are_one_commit(store, draft, rows) -> None:
    await store.writer.write(save_login(LoginRow(LOGIN, NetworkName("net"), None)))
    want = Want(PortalID(1), RemoteUserID("bob"), MemberState.JOIN)
    await put(store, draft("a"), cursor=(LOGIN, "42"), wants=[want])
    people, members = People(store.reader), MemberRows(store.reader)
    assert await people.cursor(LOGIN) == "42"
    assert await members.want(PortalID(1), RemoteUserID("bob")) == want
    # Nothing of a batch that cannot be written is.
    broken = draft("b", body=None)
    other = Want(PortalID(1), RemoteUserID("eve"), MemberState.JOIN)
    with pytest.raises(Exception, match=r"NOT NULL|not-null"):
        await store.writer.write(Put([broken], at=1, cursor=(LOGIN, "43"), wants=[other]))
    assert await people.cursor(LOGIN) == "42"
    assert await members.want(PortalID(1), RemoteUserID("eve")) is None
    assert len(await rows("job")) == 1


async def test_of_several_wishes_for_one_person_the_last_counts(store, rows) -> None:
    def wish(user: str, state: MemberState) -> Want:
        return Want(PortalID(1), RemoteUserID(user), state)

    join, leave = MemberState.JOIN, MemberState.LEAVE
    first = [wish("ann", join), wish("ben", join), wish("eve", join), wish("eve", leave)]
    await put(store, wants=first)
    await asyncio.gather(
        store.writer.submit(Put(wants=[wish("ann", leave), wish("ben", leave)])),
        store.writer.submit(Put(wants=[wish("ben", join)])),
    )
    assert await rows("member", '"user", wanted') == [("ann", "leave"), ("ben", "join")]


async def test_who_never_came_need_not_go(store, rows) -> None:
    await put(store, wants=[Want(PortalID(1), RemoteUserID("bob"), MemberState.LEAVE)])
    assert await rows("member") == []


async def test_a_transaction_is_accepted_once_and_split_in_one_commit(store, draft) -> None:
    accept = AcceptTransaction("7", "digest", '{"events":[]}', 1)
    row = await store.writer.write(accept)
    assert row is not None
    assert await store.writer.write(accept) is None
    assert [one.id for one in await unread(store.reader)] == [row]
    await put(store, draft("a"), done=row)
    assert await unread(store.reader) == []
    assert await store.writer.write(accept) is None, "also when it was split long ago"


async def test_rule_01_a_transaction_may_be_taken_with_its_jobs_and_a_repetition_leaves_none(
    store, draft
) -> None:
    def take(txn: str, digest: str, *drafts) -> Take:
        return Take(AcceptTransaction(txn, digest, None, 1), Put(drafts, at=1))

    assert await store.writer.write(take("7", "one", draft("a"), draft("b"))) == (1, 2)
    assert await unread(store.reader) == []
    assert await recent(store.reader, 9) == {"7": "one"}
    assert await store.writer.write(AcceptTransaction("7", "one", "{}", 1)) is None
    again, new = take("7", "one", draft("c")), take("8", "two", draft("b"), draft("d"))
    results = await asyncio.gather(*map(store.writer.submit, (again, new, new, take("9", "x"))))
    assert results == [None, (None, 3), None, ()]
    found = await store.reader.all(text("SELECT key FROM job ORDER BY id"))
    assert [row.key for row in found] == ["a", "b", "d"]


async def test_what_is_accepted_in_the_same_commit_is_not_taken_again(store, draft, rows) -> None:
    accept = AcceptTransaction("7", "one", "{}", 1)
    take = Take(AcceptTransaction("7", "one", None, 1), Put([draft("a")], at=1))
    results = await asyncio.gather(store.writer.submit(take), store.writer.submit(accept))
    assert results == [None, 1]
    assert [one.id for one in await unread(store.reader)] == [1], "it is split by itself"
    assert await rows("job") == []


async def test_the_last_transactions_are_known_by_what_they_held(store) -> None:
    for number in range(5):
        await store.writer.write(AcceptTransaction(f"t{number % 4}", f"d{number}", "{}", 1))
    assert await recent(store.reader, 3) == {"t2": "d2", "t3": "d3", "t0": "d4"}
    assert list(await recent(store.reader, 9)) == ["t1", "t2", "t3", "t0"]


async def test_a_transaction_id_of_any_letters_is_kept(store) -> None:
    assert await store.writer.write(AcceptTransaction("a\0\ud800", "digest", "{}", 1)) == 1


async def test_a_transaction_with_the_same_id_and_other_events_is_another_one(store) -> None:
    assert await store.writer.write(AcceptTransaction("1", "one", "{}", 1)) == 1
    assert await store.writer.write(AcceptTransaction("1", "other", "{}", 1)) == 2


@pytest.mark.sqlite
async def test_a_known_transaction_is_found_by_an_index(store) -> None:
    statement = """EXPLAIN QUERY PLAN SELECT digest FROM "transaction" WHERE digest IN ('a')"""
    assert "SEARCH" in (await store.reader.all(text(statement)))[0].detail


async def test_whatever_is_set_aside_is_kept_whole(store, rows) -> None:
    bodies = ["x" * 500 + "1", "x" * 500 + "2", "half a character \ud800 and \0"]
    aside = [SetAside("network net", body, "broken", 1) for body in bodies]
    await put(store, set_aside=[*aside, aside[0]])
    kept = [row[0] for row in await rows("set_aside", "body")]
    assert len(kept) == 3
    assert {*bodies[:2]} < set(kept)
