"""What is changed while it waits is sent so, or not at all: rule 9."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import Deletion, Edit, Reaction
from bridgekit.ids import PortalID
from bridgekit.lanes.parking import for_target
from bridgekit.models import lane_to_network


@pytest.fixture(params=[False, True], ids=["marked", "idempotent"])
def idempotent(timed, request) -> bool:
    """Whether the network itself recognises what is sent again: then there are no marks."""
    timed.network.idempotent = request.param
    return request.param


async def held(timed, later) -> str:
    """Alice has said "helo", which waits for her login."""
    room = await timed.begin()
    event = await timed.alice.say(room, "helo")
    lanes = timed.parts.queue.lanes
    await later(lambda: any(lane.aside for lane in lanes.values()), timed.rig.clock)
    return event


async def passed(stage, count: int) -> None:
    """So many jobs to the network are stored."""
    await stage.stored("SELECT id FROM job WHERE direction = 'to_network'", count)


async def parked(stage, event: str, count: int = 1) -> None:
    """So many jobs about this event wait for what becomes of it."""
    lane = stage.parts.queue.lanes[lane_to_network(PortalID(1))]
    await stage.until(lambda: len(lane.aside.get(for_target(event), ())) == count)


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


@pytest.mark.usefixtures("idempotent")
async def test_rule_09_redacting_what_is_held_cancels_it_also_after_an_orderly_stop(
    timed, slow_login, later
):
    event = await held(timed, later)
    await timed.alice.redact(timed.room, event)
    await passed(timed, 2)
    await timed.rig.stop()
    await timed.start()
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 2, timed.rig.clock)
    assert [one.reason for one in timed.to_network()] == ["cancelled", "done"]
    assert timed.network.acts == []


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


@pytest.mark.usefixtures("idempotent")
async def test_rule_09_an_edit_and_a_redaction_cancel_it(timed, slow_login, later):
    event = await held(timed, later)
    await timed.alice.edit(timed.room, event, "hello")
    await timed.alice.redact(timed.room, event)
    await passed(timed, 3)
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 3, timed.rig.clock)
    assert timed.network.acts == []
    assert await timed.notices() == []


@pytest.mark.usefixtures("idempotent")
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


@pytest.mark.usefixtures("idempotent")
async def test_rule_09_a_reaction_that_waits_is_cancelled_too(timed, slow_login, later):
    event = await held(timed, later)
    reaction = await timed.alice.react(timed.room, event, "👍")
    await parked(timed, event)
    await timed.alice.redact(timed.room, reaction)
    await passed(timed, 3)
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 3, timed.rig.clock)
    assert timed.network.texts() == ["helo"]
    assert timed.network.acted(Reaction) == []


@pytest.mark.usefixtures("idempotent")
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
    room = await stage.begin()
    stage.network.before.append(lambda _: Rejected("Too rude"))
    event = await stage.alice.say(room, "hello")
    await stage.ended()
    await stage.alice.redact(room, event)
    await stage.ended(2)
    assert await stage.rows("SELECT id FROM job") == []
    assert stage.network.acts == []


@pytest.mark.usefixtures("idempotent")
async def test_rule_09_an_edit_of_what_is_to_be_tried_again_replaces_it(timed, later):
    room = await timed.begin()
    timed.network.before.append(lambda _: RetryLater("Slowly", after=100))
    event = await timed.alice.say(room, "helo")
    await later(lambda: not timed.network.before, timed.rig.clock, 0.01)
    await timed.alice.edit(room, event, "hello")
    await passed(timed, 2)
    await later(lambda: len(timed.to_network()) == 2, timed.rig.clock, 20)
    assert [one.reason for one in timed.to_network()] == ["delivered", "in_another"]
    assert timed.network.texts() == ["hello"]


@pytest.mark.usefixtures("idempotent")
async def test_rule_09_an_edit_replaces_all_parts_of_what_is_to_be_tried_again(timed, later):
    timed.network.limits = replace(timed.network.limits, text=5)
    room = await timed.begin()
    timed.network.before.append(lambda _: RetryLater("Slowly", after=100))
    event = await timed.alice.say(room, "aaaa bbbb cccc")
    await later(lambda: not timed.network.before, timed.rig.clock, 0.01)
    await timed.alice.edit(room, event, "dddd eeee")
    await passed(timed, 2)
    await later(lambda: len(timed.to_network()) == 2, timed.rig.clock, 20)
    assert [text.strip() for text in timed.network.texts()] == ["dddd", "eeee"]
    assert timed.network.acted(Edit) == []


@pytest.mark.usefixtures("idempotent")
async def test_rule_09_an_edit_does_not_replace_what_was_sent_in_part(timed, later):
    timed.network.limits = replace(timed.network.limits, text=5)
    room = await timed.begin()
    timed.network.before.extend([lambda _: None, lambda _: RetryLater("Slowly", after=100)])
    event = await timed.alice.say(room, "aaaa bbbb")
    await later(lambda: not timed.network.before, timed.rig.clock, 0.01)
    await timed.alice.edit(room, event, "cccc dddd")
    await passed(timed, 2)
    await later(lambda: len(timed.to_network()) == 2, timed.rig.clock, 20)
    assert [one.reason for one in timed.to_network()] == ["delivered", "delivered"]
    assert len(timed.network.acted(Edit)) == 2


@pytest.mark.usefixtures("idempotent")
async def test_rule_09_an_edit_that_was_redacted_while_it_waited_is_never_sent(
    timed, slow_login, later
):
    event = await held(timed, later)
    edit = await timed.alice.edit(timed.room, event, "my password")
    await parked(timed, event)
    await timed.alice.redact(timed.room, edit)
    await passed(timed, 3)
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 3, timed.rig.clock)
    assert [one.reason for one in timed.to_network()] == ["delivered", "cancelled", "done"]
    assert timed.network.texts() == ["helo"]
    assert timed.network.acted(Edit) == []


@pytest.mark.usefixtures("idempotent")
async def test_rule_09_an_edit_before_a_redacted_one_still_counts(timed, slow_login, later):
    event = await held(timed, later)
    await timed.alice.edit(timed.room, event, "hello")
    edit = await timed.alice.edit(timed.room, event, "my password")
    await parked(timed, event, 2)  # one that is redacted sooner is cancelled at once
    await timed.alice.redact(timed.room, edit)
    await passed(timed, 4)
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 4, timed.rig.clock)
    assert timed.network.texts() == ["hello"]
    assert timed.network.acted(Edit) == []


async def killed_in(stage, taken, what, amend):
    """The bridge is killed once the network has `what`; by the time it goes on, it is amended."""
    stage.network.after.append(taken)
    event = await what
    await taken.reached.wait()
    await stage.rig.kill()

    async def connecting(_):
        await asyncio.Event().wait()

    stage.network.connecting = connecting
    await amend(event)
    await stage.start()
    await stage.hs.pushed()
    await stage.parts.matrix.inbox.drained()
    stage.network.connecting = None
    await stage.again()  # both are in the lane by now
    await stage.alice.say(stage.room, "the end")
    await stage.network.wait(lambda: "the end" in stage.network.texts())


@pytest.mark.parametrize(
    ("how", "left"), [("redacted", [("secret", True)]), ("edited", [("public", False)])]
)
async def test_rule_09_what_a_crash_fell_upon_is_changed_where_it_is_also_without_a_mark(
    stage, gate, how, left
):
    stage.network.idempotent = True
    room = await stage.begin()

    def amend(event):
        if how == "redacted":
            return stage.alice.redact(room, event)
        return stage.alice.edit(room, event, "public")

    await killed_in(stage, gate(), stage.alice.say(room, "secret"), amend)
    has = [(one.text, one.deleted) for one in stage.network.chat("#room").messages.values()]
    assert has == [*left, ("the end", False)]


async def bobs(stage, room) -> str:
    """The event of something that is said on the network."""
    await stage.network.say("#room", "bob", "apple", id="m1")
    return (
        await stage.alice.wait_for(room, lambda event: event["content"].get("body") == "apple")
    )["event_id"]


async def test_a_reaction_that_a_crash_fell_upon_is_taken_back_by_its_redaction(stage, gate):
    room = await stage.begin()
    reaction = stage.alice.react(room, await bobs(stage, room), "👍")
    await killed_in(stage, gate(), reaction, lambda event: stage.alice.redact(room, event))
    assert not any(stage.network.chat("#room").with_text("apple").reactions.values())


async def test_a_vote_that_a_crash_fell_upon_is_taken_back_by_its_redaction(stage, gate):
    room = await stage.begin()
    poll = await stage.alice.poll(room, "Tea?", "yes", "no")
    await stage.ended()
    vote = stage.alice.vote(room, poll, 0)
    await killed_in(stage, gate(), vote, lambda event: stage.alice.redact(room, event))
    assert stage.network.chat("#room").messages["sent-0"].votes == {"alice": ()}
