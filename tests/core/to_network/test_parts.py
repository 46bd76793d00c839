"""Parts are planned once, stored before the first is sent, and followed ever after: rule 7."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import Rejected, RetryLater
from bridgekit.testing.loopback import LoopbackConfig

TEXT = "aaaa bbbb cccc"
PARTS = ["aaaa", "bbbb", "cccc"]


def limited(stage, limit: int = 5) -> None:
    stage.rig._loopback = LoopbackConfig(text_limit=limit)


async def second_part_hangs(stage, gate, *, after: bool = False) -> None:
    limited(stage)
    room = await stage.begin()
    hold = gate()
    (stage.network.after if after else stage.network.before).extend([lambda _: None, hold])
    await stage.alice.say(room, TEXT)
    await hold.reached.wait()


async def test_rule_07_the_plan_is_stored_before_the_first_part_is_sent(stage, gate):
    limited(stage)
    room = await stage.begin()
    hold = gate()
    stage.network.before.append(hold)
    await stage.alice.say(room, TEXT)
    await hold.reached.wait()
    rows = await stage.rows("SELECT state, body FROM part ORDER BY number")
    assert [row.state for row in rows] == ["sending", "planned", "planned"]
    assert all(part in row.body for part, row in zip(PARTS, rows, strict=True))
    hold.open()
    await stage.heard(*PARTS)
    await stage.ended()
    assert await stage.rows("SELECT * FROM part") == []


@pytest.mark.parametrize("limit", [3, 1000])
async def test_rule_07_after_a_crash_the_stored_plan_is_followed_whatever_the_limit_is_now(
    stage, gate, limit
):
    stage.network.idempotent = True
    await second_part_hangs(stage, gate)
    limited(stage, limit)
    await stage.again()
    (outcome,) = await stage.ended()
    assert stage.network.texts() == PARTS
    assert outcome.targets == ("sent-0", "sent-1", "sent-2")


async def test_rule_07_a_plan_counts_wherever_its_job_stands_in_the_lane(stage, gate, monkeypatch):
    limited(stage)
    room = await stage.begin()
    bob = stage.hs.person("bob")
    await bob.join(room)
    await bob.say(room, "here")
    await stage.heard("here")
    stage.network.idempotent = True  # no mark tells that it was begun
    monkeypatch.setattr("bridgekit.to_network.dispatch.PATIENCE", 0.01)
    never = asyncio.Event()

    async def connecting(login: object) -> None:
        if login.person == "alice":
            await never.wait()

    stage.network.connecting = connecting
    await stage.again()
    for number in range(20):
        await stage.alice.say(room, str(number))
    hold = gate()
    stage.network.before.extend([lambda _: None, hold])
    await bob.say(room, TEXT)
    await asyncio.wait_for(hold.reached.wait(), 60)
    limited(stage, 1000)
    await stage.again()
    await stage.heard("here", *PARTS)


async def test_rule_07_an_unknown_part_ends_the_message_and_is_named(stage, gate):
    await second_part_hangs(stage, gate, after=True)
    await stage.again()
    await stage.notice("Part 2 of 3 may not have been sent, and what follows it was not.")
    await stage.alice.say(stage.room, "next")
    await stage.heard("aaaa", "bbbb", "next")
    (outcome, _) = await stage.ended(2)
    assert outcome.result == "unknown"
    # What was sent is linked all the same.
    links = await stage.rows("SELECT message FROM link WHERE event = (SELECT source FROM outcome "
                             "WHERE result = 'unknown')")  # fmt: skip
    assert "sent-0" in [row.message for row in links]  # and the other one, if its echo has come


async def test_rule_07_a_retry_goes_on_with_the_part_that_was_unknown(stage, gate):
    await second_part_hangs(stage, gate)
    await stage.again()
    (outcome,) = await stage.ended()
    from bridgekit.store.jobs import revive

    await stage.parts.store.writer.write(revive(outcome.job, outcome.received_at))
    await stage.parts.queue.catch_up()
    await stage.heard(*PARTS)


async def test_rule_07_a_pause_between_parts_repeats_none(stage):
    limited(stage)
    stage.network.before.extend([lambda _: None, lambda _: RetryLater("Slowly", after=0.01)])
    room = await stage.begin()
    await stage.alice.say(room, TEXT)
    await stage.alice.say(room, "next")
    await stage.heard(*PARTS, "next")
    (outcome, _) = await stage.ended(2)
    assert outcome.targets == ("sent-0", "sent-1", "sent-2")
    assert len(outcome.tries) == 1


async def test_a_part_that_is_refused_is_named_with_what_follows_it(stage):
    limited(stage)
    stage.network.before.extend([lambda _: None, lambda _: Rejected("It is too rude.")])
    room = await stage.begin()
    await stage.alice.say(room, TEXT)
    notice = await stage.notice("It is too rude.")
    assert (
        "was bridged only in part. Part 2 of 3 was not sent, nor was what follows it."
        in (notice["body"])
    )
    await stage.ended()
    links = await stage.rows("SELECT message, part FROM link WHERE message LIKE 'sent%'")
    assert [(row.message, row.part) for row in links] == [("sent-0", 0)]


async def test_the_parts_of_a_relayed_message_leave_room_for_the_name(stage):
    from bridgekit.permissions.rights import Level

    stage.rig.permissions = {"*": Level.RELAY}
    limited(stage, 20)
    room = await stage.begin()
    await stage.alice.say(room, "x" * 30)
    await stage.network.wait(lambda: sum(map(len, stage.network.texts())) == 30)
    assert all(len(one.text) + len(one.author) + 4 <= 20 for one in stage.network.heard)
