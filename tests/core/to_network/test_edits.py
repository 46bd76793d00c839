"""Edits of messages, whole and split: rule 8, and who may edit what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.adapter import Limits
from bridgekit.configuration.fallback_settings import FallbackSettings
from bridgekit.events import Deletion, Edit
from bridgekit.permissions.rights import Level
from bridgekit.richtext import plain
from bridgekit.supports import SupportsDelete, SupportsEdit


def limited(stage, text: int = 5) -> None:
    stage.network.limits = replace(stage.network.limits, text=text)


async def said(stage, text: str) -> str:
    await stage.begin()
    event = await stage.alice.say(stage.room, text)
    await stage.ended()
    return event


async def edited(stage, before: str, after: str) -> list[str]:
    """What the chat reads once a message was edited."""
    event = await said(stage, before)
    await stage.alice.edit(stage.room, event, after)
    (_, outcome) = await stage.ended(2)
    assert outcome.result == "delivered"
    return stage.network.chat("#room").texts()


async def test_an_edit_replaces_the_message(stage):
    assert await edited(stage, "helo", "hello") == ["hello"]
    assert [edit.target for edit in stage.network.acted(Edit)] == ["sent-0"]


async def test_rule_08_an_edit_maps_part_to_part(stage):
    limited(stage)
    assert await edited(stage, "aaaa bbbb", "cccc dddd") == ["cccc", "dddd"]
    assert [edit.target for edit in stage.network.acted(Edit)] == ["sent-0", "sent-1"]


async def test_rule_08_a_shorter_text_deletes_the_surplus(stage):
    limited(stage)
    assert await edited(stage, "aaaa bbbb cccc", "dddd") == ["dddd"]
    assert [one.target for one in stage.network.acted(Deletion)] == ["sent-1", "sent-2"]
    links = await stage.rows("SELECT message FROM link WHERE message LIKE 'sent%'")
    assert [row.message for row in links] == ["sent-0"]


async def test_rule_08_without_deletion_the_surplus_becomes_an_ellipsis(stage):
    limited(stage)
    stage.network.lacks = frozenset({SupportsDelete})
    assert await edited(stage, "aaaa bbbb cccc", "dddd") == ["dddd", "…", "…"]
    links = await stage.rows("SELECT message FROM link WHERE message LIKE 'sent%'")
    assert len(links) == 3


async def test_rule_08_a_longer_text_sends_what_is_missing(stage):
    limited(stage)
    assert await edited(stage, "aaaa", "bbbb cccc dddd") == ["bbbb", "cccc", "dddd"]


async def test_rule_08_parts_that_an_edit_added_are_edited_and_deleted_with_the_rest(stage):
    limited(stage)
    event = await said(stage, "aaaa")
    await stage.alice.edit(stage.room, event, "bbbb cccc")
    await stage.ended(2)
    await stage.alice.edit(stage.room, event, "dddd eeee")
    await stage.ended(3)
    assert stage.network.chat("#room").texts() == ["dddd", "eeee"]
    await stage.alice.redact(stage.room, event)
    await stage.ended(4)
    assert stage.network.chat("#room").texts() == []


async def test_rule_08_an_edit_that_a_crash_interrupts_ends_the_same(stage, gate):
    limited(stage)
    event = await said(stage, "aaaa bbbb")
    hold = gate()
    stage.network.before.extend([lambda _: None, hold])
    await stage.alice.edit(stage.room, event, "cccc")
    await hold.reached.wait()
    await stage.again()
    await stage.ended(2)
    assert stage.network.chat("#room").texts() == ["cccc"]
    links = await stage.rows("SELECT message FROM link WHERE message LIKE 'sent%'")
    assert [row.message for row in links] == ["sent-0"]


async def test_an_edit_becomes_a_new_message_where_there_is_no_other_way(stage):
    stage.network.lacks = frozenset({SupportsEdit})
    assert await edited(stage, "helo", "hello") == ["helo", "* hello"]
    notice = await stage.notice("loop cannot change messages.")
    assert "sent as a new message" in notice["body"]


async def test_an_old_message_is_not_edited(stage):
    stage.network.limits = Limits(edit_age=-1)
    assert await edited(stage, "helo", "hello") == ["helo", "* hello"]
    await stage.notice("does not change messages as old as this one")


async def test_a_message_without_an_id_is_not_edited(stage):
    stage.network.gives_ids = False
    assert await edited(stage, "helo", "hello") == ["helo", "* hello"]
    await stage.notice("gave that message no ID")


async def test_a_redacted_message_takes_its_new_messages_along(stage):
    stage.network.lacks = frozenset({SupportsEdit})
    event = await said(stage, "helo")
    await stage.alice.edit(stage.room, event, "hello")
    await stage.ended(2)
    await stage.alice.redact(stage.room, event)
    await stage.ended(3)
    assert stage.network.chat("#room").texts() == []


@pytest.mark.parametrize("gives_ids", [True, False])
async def test_nobody_edits_what_another_said(stage, gives_ids):
    stage.network.gives_ids = gives_ids
    event = await said(stage, "hello")
    bob = stage.hs.person("bob")
    await bob.join(stage.room)
    content = {"body": "* bye", "msgtype": "m.text", "m.new_content": {"body": "bye"}}
    content |= {"m.relates_to": {"rel_type": "m.replace", "event_id": event}}
    await bob.send(stage.room, "m.room.message", content)
    await stage.notice("Only whoever wrote a message can change it", person=bob)
    assert stage.network.chat("#room").texts() == ["hello"]


async def test_an_edit_that_is_taken_back_leaves_the_message_as_it_was(stage):
    event = await said(stage, "hello")
    edit = await stage.alice.edit(stage.room, event, "bye")
    await stage.ended(2)
    await stage.alice.redact(stage.room, edit)
    await stage.ended(3)
    assert [plain(one.message.text) for one in stage.network.acted(Edit)] == ["bye", "hello"]


async def test_what_was_sent_by_relay_is_changed_and_deleted_by_the_relay(stage):
    stage.rig.permissions = {"*": Level.RELAY}
    event = await said(stage, "helo")
    await stage.rig.stop()
    stage.rig.permissions = {"*": Level.USER}  # from now on alice has a login of her own
    await stage.again()
    await stage.alice.edit(stage.room, event, "hello")
    await stage.alice.redact(stage.room, event)
    await stage.alice.say(stage.room, "mine")
    await stage.heard("helo", "mine")
    acts = [(act.kind, str(act.login)) for act in stage.network.acts]
    relay = "loop:bot"
    assert acts[:3] == [("message", relay), ("edit", relay), ("deletion", relay)]
    assert acts[3][1] != relay


async def test_an_edit_may_be_said_in_short_of_what_was_said_last(stage):
    stage.rig.network_settings["fallbacks"] = FallbackSettings(edit="short")
    stage.network.lacks = frozenset({SupportsEdit})
    room = await stage.begin()
    event = await stage.alice.say(room, "the meeting is before 9 tomorrow")
    await stage.ended()
    await stage.alice.edit(room, event, "the meeting is after 9 tomorrow")
    await stage.ended(2)
    await stage.alice.edit(room, event, "the meeting is after 8 tomorrow")
    await stage.ended(3)
    await stage.alice.edit(room, event, "no meeting")
    await stage.ended(4)
    assert stage.network.chat("#room").texts()[1:] == ["s/before/after/", "s/9/8/", "* no meeting"]


@pytest.mark.parametrize("threads", [True, False])
async def test_rule_08_what_an_edit_adds_stands_where_the_message_stands(stage, threads):
    """In its thread; where the network has none, in the chat."""
    limited(stage)
    root = await said(stage, "root")
    event = await stage.alice.thread(stage.room, root, "aaaa")
    await stage.ended(2)
    stage.network.limits = replace(stage.network.limits, threads=threads)
    await stage.alice.edit(stage.room, event, "aaaa bbbb")
    await stage.ended(3)
    added = stage.network.heard[-1]
    assert added.text == "bbbb"
    assert added.message.thread == ("sent-0" if threads else None)
