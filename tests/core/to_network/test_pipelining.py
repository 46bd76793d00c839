"""Delivery rule 17 towards a network: what may go ahead of the commit, and what stays undecided."""

from __future__ import annotations

from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import settle
from tests.core.to_network.test_echoes import personal, shown
from tests.core.uncommitted import HeldCommits, HeldEnds
from tests.core.until import until


async def test_rule_17_where_sends_are_recognised_the_next_waits_for_no_commit(stage, monkeypatch):
    stage.network.idempotent = True
    room = await stage.begin()
    HeldEnds(stage.parts.store.writer, monkeypatch)
    texts = [f"line {number}" for number in range(6)]
    for text in texts:
        await stage.alice.say(room, text)
    await stage.heard(*texts)
    assert stage.outcomes == []
    await stage.again()
    await stage.ended(6)
    await stage.heard(*texts)
    assert all(len(ids) == 1 for ids in stage.network.given.values())


async def test_rule_17_only_the_last_send_of_a_lane_is_ever_in_doubt(stage, gate):
    """Its mark is stored with, or after, the ends of all before it."""
    stage.network.lacks = frozenset({SupportsHistory})  # which would show that it was taken
    room = await stage.begin()
    hold = gate()
    stage.network.after.extend([lambda _: None, lambda _: None, hold])
    for text in ("one", "two", "three"):
        await stage.alice.say(room, text)
    await hold.reached.wait()
    assert [row.state for row in await stage.rows("SELECT state FROM part")] == ["sending"]
    await stage.again()
    notice = await stage.notice("may not have been bridged")
    assert notice["body"].count("may not have been bridged") == 1
    await stage.heard("one", "two", "three")
    assert [one.result for one in await stage.ended(3)] == ["delivered", "delivered", "unknown"]


async def test_rule_17_the_mark_of_the_next_send_is_stored_in_the_commit_of_the_last_ones_end(
    stage, gate, monkeypatch
):
    room = await stage.begin()
    writer, hold = stage.parts.store.writer, gate()
    stage.network.before.append(hold)
    await stage.alice.say(room, "one")
    await hold.reached.wait()
    await stage.alice.say(room, "two")
    await stage.stored("SELECT * FROM job", 2)
    commits = HeldCommits(writer, monkeypatch)
    hold.open()
    await until(lambda: {"Finish", "MarkPart"} <= {*commits.waiting})
    assert stage.to_network() == []
    assert stage.network.texts() == ["one"], "what bears no mark yet is not sent"
    commits.release()
    await stage.ended(2)
    assert any({"Finish", "MarkPart"} <= set(batch) for batch in commits.batches)


async def test_rule_17_what_is_about_the_last_message_waits_until_that_is_stored(
    stage, monkeypatch
):
    room = await stage.begin()
    ends = HeldEnds(stage.parts.store.writer, monkeypatch)
    event = await stage.alice.say(room, "one")
    await stage.heard("one")
    answer = {"m.in_reply_to": {"event_id": event}}
    await stage.alice.send(
        room, "m.room.message", {"msgtype": "m.text", "body": "two", "m.relates_to": answer}
    )
    await stage.alice.say(room, "three")
    await stage.stored("SELECT * FROM job", 3)
    await settle()
    assert stage.network.texts() == ["one"]
    ends.release()
    await stage.heard("one", "two", "three")
    assert [one.message.reply_to for one in stage.network.heard] == [None, "sent-0", None]


async def test_rule_19_the_echo_of_one_of_several_waits_for_its_own_end(stage, monkeypatch):
    stage.network.idempotent = True
    await personal(stage)
    ends = HeldEnds(stage.parts.store.writer, monkeypatch)
    await stage.alice.say(stage.room, "hello")
    await stage.alice.say(stage.room, "again")
    await stage.heard("first", "hello", "again")
    await stage.network.say("#room", "alice", "again", id="sent-2")
    ends.release_one()
    await settle()
    ends.release()
    assert await shown(stage) == []
