"""Replies, threads, quotations and mentions, and what they are where a network lacks them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.configuration.fallback_settings import FallbackSettings
from bridgekit.events import Message
from bridgekit.richtext import Mention, RoomMention, mentions, walk
from bridgekit.to_network.message import MOST_MENTIONS


def without(stage, *features: str) -> None:
    lacking = dict.fromkeys(features, False)
    stage.network.limits = replace(stage.network.limits, **lacking)


async def remote(stage, text: str = "hello") -> str:
    """The event of what bob said on the network."""
    await stage.network.say("#room", "bob", text, id="first")
    event = await stage.alice.wait_for(
        stage.room, lambda event: event["content"].get("body") == text
    )
    await stage.stored("SELECT event FROM link WHERE message = 'first'", 1)
    return str(event["event_id"])


def last(stage) -> Message:
    message: Message = stage.network.heard[-1].message
    return message


async def test_a_reply_names_its_message(stage):
    room = await stage.begin()
    await stage.alice.reply(room, await remote(stage), "hi")
    await stage.heard("hi")
    assert last(stage).reply_to == "first"


async def test_a_thread_names_its_root_and_a_reply_in_it_both(stage):
    room = await stage.begin()
    root = await remote(stage)
    inner = await stage.alice.thread(room, root, "one")
    await stage.ended()
    assert (last(stage).thread, last(stage).reply_to) == ("first", None)
    await stage.alice.thread(room, root, "two", reply_to=inner)
    await stage.ended(2)
    assert (last(stage).thread, last(stage).reply_to) == ("first", "sent-0")


async def test_a_thread_becomes_a_reply(stage):
    without(stage, "threads")
    room = await stage.begin()
    await stage.alice.thread(room, await remote(stage), "one")
    await stage.heard("one")
    assert (last(stage).thread, last(stage).reply_to) == (None, "first")
    await stage.notice("loop has no threads")


async def test_a_reply_becomes_a_short_quote(stage):
    without(stage, "replies")
    room = await stage.begin()
    await stage.alice.reply(room, await remote(stage), "hi")
    await stage.heard("Bob: hi")
    assert last(stage).reply_to is None
    assert [one.user for one in mentions(last(stage).text)] == ["bob"]
    await stage.notice("loop has no replies: it was sent with a name before it.")


async def test_where_few_see_what_is_answered_it_is_quoted_as_well(stage):
    stage.network.limits = replace(stage.network.limits, quotes=True)
    room = await stage.begin()
    await stage.alice.reply(room, await remote(stage), "hi")
    await stage.heard("Bob: hi")
    assert last(stage).reply_to == "first"
    without(stage, "replies")
    await stage.alice.reply(room, await remote(stage), "ho")
    await stage.heard("Bob: hi", "Bob: ho")
    assert last(stage).reply_to is None


async def test_a_late_reply_quotes_the_first_words(stage):
    without(stage, "replies")
    await stage.begin()
    event = await remote(stage, "what I said was much longer than anybody wants to read")
    at = (await stage.alice.event(stage.room, event))["origin_server_ts"]
    content = {"msgtype": "m.text", "body": "hi"}
    content |= {"m.relates_to": {"m.in_reply_to": {"event_id": event}}}
    await stage.push("$late", content, origin_server_ts=at + 301_000)
    await stage.heard('<Bob> "what I said was much longer than…" <- hi')


async def test_what_was_redacted_is_quoted_no_more(stage):
    without(stage, "replies")
    stage.network.gives_ids = False
    room = await stage.begin()
    event = await stage.alice.say(room, "my password is hunter2")
    await stage.ended()
    at = (await stage.alice.event(room, event))["origin_server_ts"] + 400_000
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": event}}}
    reply = {"msgtype": "m.text", "body": "hi"} | relation
    await stage.push("$one", reply, origin_server_ts=at)
    await stage.ended(2)
    await stage.alice.redact(room, event)
    await stage.ended(3)
    await stage.push("$two", reply, origin_server_ts=at)
    await stage.heard(
        "my password is hunter2",
        '<alice> "my password is hunter2" <- hi',
        "alice: hi",
    )


async def test_a_quotation_is_of_what_is_said_now(stage):
    without(stage, "replies")
    room = await stage.begin()
    event = await stage.alice.say(room, "helo")
    await stage.ended()
    at = (await stage.alice.event(room, event))["origin_server_ts"] + 400_000
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": event}}}
    reply = {"msgtype": "m.text", "body": "hi"} | relation
    await stage.push("$one", reply, origin_server_ts=at)
    await stage.ended(2)
    await stage.alice.edit(room, event, "hello")
    await stage.ended(3)
    await stage.push("$two", reply, origin_server_ts=at)
    await stage.ended(4)
    assert stage.network.texts()[-1] == '<alice> "hello" <- hi'


async def test_what_looks_like_a_pattern_is_text(stage):
    without(stage, "replies")
    room = await stage.begin()
    await stage.alice.reply(room, await remote(stage, "$REPLY $&"), "$& \\1 {0}")
    await stage.heard("Bob: $& \\1 {0}")


async def test_an_operator_may_want_plain_replies(stage):
    without(stage, "replies", "threads")
    stage.rig.network_settings["fallbacks"] = FallbackSettings(reply="plain", thread="plain")
    room = await stage.begin()
    event = await remote(stage)
    await stage.alice.reply(room, event, "hi")
    await stage.alice.thread(room, event, "ho")
    await stage.heard("hi", "ho")


async def test_a_reply_to_what_the_network_never_had_quotes_it(stage):
    room = await stage.begin()
    stage.network.gives_ids = False
    event = await stage.alice.say(room, "first")
    await stage.ended()
    await stage.alice.reply(room, event, "second")
    await stage.heard("first", "alice: second")


async def test_a_reply_to_what_is_not_there_is_just_said(stage):
    without(stage, "replies")
    room = await stage.begin()
    await stage.alice.reply(room, "$nothing", "hi")
    await stage.heard("hi")


async def test_a_quotation_stays_one(stage):
    room = await stage.begin()
    event = await remote(stage)
    await stage.alice.quote(room, "hello", "yes", of=event)
    await stage.heard("> hello\nyes")
    assert last(stage).reply_to == "first"


async def test_mentions_of_ghosts_name_people_of_the_network(stage):
    room = await stage.begin()
    html = '<a href="https://matrix.to/#/@loop_bob:example.org">Bob</a>: hi'
    await stage.alice.say(room, "Bob: hi", html=html)
    await stage.heard("Bob: hi")
    assert [one.user for one in mentions(last(stage).text)] == ["bob"]


async def test_mentions_of_thousands_call_a_few(stage):
    room = await stage.begin()
    one = '<a href="https://matrix.to/#/@loop_bob:example.org">Bob</a> '
    await stage.alice.say(room, "Bob " * 400, html=one * 400)
    await stage.ended()
    assert len(mentions(last(stage).text)) == MOST_MENTIONS
    assert stage.network.texts()[0].count("Bob") == 400


@pytest.mark.parametrize(("level", "calls"), [(100, True), (50, True), (0, False)])
async def test_only_who_may_calls_the_whole_room(stage, level, calls):
    room = await stage.begin()
    admin = await make_admin(stage)
    await admin.set_power(room, stage.alice.user_id, level)
    await stage.alice.say(room, "@room: wake up", mention_room=True)
    await stage.heard("@room: wake up")
    assert any(isinstance(node, RoomMention) for node in walk(last(stage).text)) is calls


async def test_who_lost_the_right_calls_nobody_any_more(stage):
    room = await stage.begin()
    admin = await make_admin(stage)
    for said, (level, calls) in enumerate([(50, True), (0, False)], 1):
        await admin.set_power(room, stage.alice.user_id, level)
        await stage.alice.say(room, "@room", mention_room=True)
        await stage.heard(*["@room"] * said)
        assert any(isinstance(node, RoomMention) for node in walk(last(stage).text)) is calls


async def test_a_room_that_is_only_named_is_not_called(stage):
    room = await stage.begin()
    admin = await make_admin(stage)
    await admin.set_power(room, stage.alice.user_id, 100)
    await stage.alice.say(room, "say @room to call all")
    await stage.heard("say @room to call all")
    assert not any(isinstance(node, Mention | RoomMention) for node in walk(last(stage).text))


async def make_admin(stage):
    """Somebody who may change the power levels of the room that the bridge made."""
    admin = stage.hs.person("admin")
    await admin.join(stage.room)
    bot = stage.parts.intents
    levels = await bot.state(stage.room, "m.room.power_levels")
    users = {**levels["users"], admin.user_id: 100}
    await bot.set_state(stage.room, "m.room.power_levels", {**levels, "users": users})
    return admin


@pytest.mark.parametrize(("joined", "quoted"), [(-1_000, True), (1_000, False)])
async def test_who_came_later_quotes_nothing_that_was_said_before(stage, joined, quoted):
    without(stage, "replies")
    await stage.begin()
    event = await remote(stage, "among ourselves")
    at = (await stage.alice.event(stage.room, event))["origin_server_ts"]
    state = stage.rig.hs.world.rooms[stage.room].state
    member = "m.room.member", stage.alice.user_id
    state[member] = replace(state[member], at=at + joined, replaced=None)
    content = {"msgtype": "m.text", "body": "hi"}
    content |= {"m.relates_to": {"m.in_reply_to": {"event_id": event}}}
    await stage.push("$late", content, origin_server_ts=at + 301_000)
    await stage.heard('<Bob> "among ourselves" <- hi' if quoted else "hi")
