"""What is changed while it waits is sent so, or not at all: rule 9."""

from __future__ import annotations

import pytest

from bridgekit.errors import RetryLater
from bridgekit.events import Deletion, Edit, Reaction
from bridgekit.ids import PortalID
from bridgekit.models import lane_to_network


async def held(timed, later) -> str:
    """Alice has said "helo", which waits for her login."""
    room = await timed.begin()
    event = await timed.alice.say(room, "helo")
    await later(lambda: waits(timed), timed.rig.clock)
    return event


def waits(stage) -> bool:
    """Whether something stepped aside."""
    return any(lane.aside for lane in stage.parts.queue._lanes.values())


async def passed(stage, count: int) -> None:
    """So many jobs to the network are stored."""
    await stage.stored("SELECT id FROM job WHERE direction = 'to_network'", count)


@pytest.mark.parametrize("restart", [False, True])
async def test_rule_09_redacting_what_is_held_cancels_it(timed, slow_login, later, restart):
    event = await held(timed, later)
    await timed.alice.redact(timed.room, event)
    await passed(timed, 2)
    if restart:
        await timed.again()
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 2, timed.rig.clock)
    assert [one.reason for one in timed.to_network()] == ["cancelled", "done"]
    assert timed.network.acts == []
    assert await timed.notices() == []


@pytest.mark.parametrize("restart", [False, True])
async def test_rule_09_editing_what_is_held_replaces_what_is_sent(
    timed, slow_login, later, restart
):
    event = await held(timed, later)
    await timed.alice.edit(timed.room, event, "hallo")
    await timed.alice.edit(timed.room, event, "hello")
    await passed(timed, 3)
    if restart:
        await timed.again()
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 3, timed.rig.clock)
    assert [one.reason for one in timed.to_network()] == ["delivered", "in_another", "in_another"]
    assert timed.network.texts() == ["hello"]
    assert timed.network.acted(Edit) == []


async def test_rule_09_an_edit_and_a_redaction_cancel_it(timed, slow_login, later):
    event = await held(timed, later)
    await timed.alice.edit(timed.room, event, "hello")
    await timed.alice.redact(timed.room, event)
    await passed(timed, 3)
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 3, timed.rig.clock)
    assert timed.network.acts == []
    assert await timed.notices() == []


async def test_rule_09_redacting_what_is_to_be_tried_again_cancels_it(timed, later):
    room = await timed.begin()
    timed.network.before.append(lambda _: RetryLater("Slowly", after=100))
    event = await timed.alice.say(room, "hello")
    await later(lambda: not timed.network.before, timed.rig.clock, 0.01)
    await timed.alice.redact(room, event)
    await passed(timed, 2)
    await later(lambda: len(timed.to_network()) == 2, timed.rig.clock, 20)
    assert [one.reason for one in timed.to_network()] == ["cancelled", "done"]
    assert timed.network.acts == []


async def test_rule_09_a_reaction_that_waits_is_cancelled_too(timed, slow_login, later):
    event = await held(timed, later)
    reaction = await timed.alice.react(timed.room, event, "👍")
    lane = lane_to_network(PortalID(1))
    await timed.until(lambda: timed.parts.queue.aside.parked(lane, event))
    await timed.alice.redact(timed.room, reaction)
    await passed(timed, 3)
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 3, timed.rig.clock)
    assert timed.network.texts() == ["helo"]
    assert timed.network.acted(Reaction) == []


async def test_rule_09_what_may_be_sent_is_not_cancelled_but_deleted(timed, gate, later):
    room = await timed.begin()
    hold = gate()
    timed.network.after.append(hold)
    event = await timed.alice.say(room, "hello")
    await later(hold.reached.is_set, timed.rig.clock, 0.01)
    await timed.alice.redact(room, event)
    await passed(timed, 2)
    hold.open()
    await later(lambda: len(timed.to_network()) == 2, timed.rig.clock, 0.1)
    assert [one.target for one in timed.network.acted(Deletion)] == ["sent-0"]


async def test_rule_09_another_persons_edit_replaces_nothing(timed, slow_login, later):
    event = await held(timed, later)
    content = {"body": "* bye", "m.new_content": {"msgtype": "m.text", "body": "bye"}}
    content |= {"m.relates_to": {"rel_type": "m.replace", "event_id": event}}
    await timed.push("$forged", content, sender="@mallory:example.org")
    await passed(timed, 2)
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 2, timed.rig.clock)
    assert timed.network.texts() == ["helo"]
    assert [one.reason for one in timed.to_network()] == ["delivered", "not_theirs"]


async def test_rule_09_a_message_that_failed_is_not_sent_once_it_is_redacted(stage):
    from bridgekit.errors import Rejected

    room = await stage.begin()
    stage.network.before.append(lambda _: Rejected("Too rude"))
    event = await stage.alice.say(room, "hello")
    await stage.ended()
    await stage.alice.redact(room, event)
    await stage.ended(2)
    assert await stage.rows("SELECT id FROM job") == []
    assert stage.network.acts == []
