"""What no sound network says: each has its defined, visible outcome, and the lane goes on."""

from __future__ import annotations

import math
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime
from typing import get_args, get_type_hints

import pytest

from bridgekit.events import (
    Content,
    Deletion,
    Edit,
    Location,
    Message,
    Poll,
    Reaction,
    RemoteEvent,
    Vote,
)
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.incoming import storable
from bridgekit.reasons import Reason
from bridgekit.richtext import Bold, Mention, Quote, Text, from_plain
from bridgekit.store.aside import AsideRows
from bridgekit.supports import SupportsHistory

ROOM, BOB = Chat(ChatID("#room")), RemoteUserID("bob")
M1 = MessageID("m1")


@pytest.fixture
async def eye(rig, watch):
    # The past of the chat knows nothing of what is only told: read late, it would come before it.
    rig.network.lacks = frozenset({SupportsHistory})
    await rig.start()
    return await watch(rig)


@pytest.fixture
def bob(rig):
    return rig.network.person("bob")


async def timeline(eye, bob):
    """Everything in the room once all that came before was bridged."""
    await bob.say("#room", "end", id="last")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    await eye.settled()
    said = await eye.alice.events(eye.room)
    return [event for event in said if "state_key" not in event][:-1]


def deep(depth):
    text = (Text("core"),)
    for level in range(depth):
        text = (Bold(text),) if level % 2 else (Quote(text),)
    return text


@pytest.mark.parametrize("depth", [100, 101, 5_000])
async def test_formatting_nested_deep_gives_way_to_the_text(eye, bob, rig, depth):
    text = deep(depth)
    said = RemoteEvent(ROOM, BOB, Message(text, quote=text), id=M1)
    await rig.network.deliver(said, RemoteEvent(ROOM, BOB, Edit(M1, Message(text), "1")))
    first, edit = await timeline(eye, bob)
    assert "core" in first["content"]["body"]
    assert "core" in edit["content"]["m.new_content"]["body"]


async def test_thousands_of_mentions_arrive_in_events_that_fit(eye, bob):
    text = tuple(
        node
        for number in range(3_000)
        for node in (Mention(f"user {number}", RemoteUserID(f"user{number}")), Text(" "))
    )
    await bob.say("#room", text, id="m1")
    events = await timeline(eye, bob)
    meant = {user for event in events for user in event["content"]["m.mentions"]["user_ids"]}
    assert len(meant) == 3_000


async def test_messages_that_answer_each_other_or_themselves_are_messages(eye, bob):
    await bob.reply("#room", "m2", "one", id="m1")
    await bob.reply("#room", "m1", "two", id="m2")
    await bob.reply("#room", "m3", "three", id="m3")
    await bob.thread("#room", "m4", "four", id="m4")
    one, two, three, four = await timeline(eye, bob)
    assert [("m.relates_to" in event["content"]) for event in (one, two, three, four)] == [
        False,
        True,
        False,
        False,
    ]


async def test_threads_in_a_circle_hang_on_one_root(eye, bob):
    await bob.say("#room", "root", id="m1")
    await bob.thread("#room", "m1", "two", id="m2")
    await bob.thread("#room", "m2", "three", id="m3")
    root, _, three = await timeline(eye, bob)
    assert three["content"]["m.relates_to"]["event_id"] == root["event_id"]


@pytest.mark.parametrize(
    ("north", "east"),
    [(math.nan, 0.0), (0.0, math.inf), (91.0, 0.0), (0.0, -180.1), (-1e300, 0.0)],
)
async def test_a_place_that_is_on_no_map_is_a_line(eye, bob, north, east):
    await bob.does("#room", Location(north, east, "Atlantis\u202e"), id="m1")
    (event,) = await timeline(eye, bob)
    assert event["content"]["msgtype"] == "m.notice"
    assert event["content"]["body"] == "A place that is on no map: Atlantis"


async def test_a_poll_with_more_options_than_matrix_has_is_text(eye, bob):
    options = tuple(f"option {number}" for number in range(10_000))
    await bob.does("#room", Poll("Which?", options), id="m1")
    await bob.vote("#room", "m1", 3)
    (event,) = await timeline(eye, bob)
    lines = event["content"]["body"].splitlines()
    assert lines[0] == "Poll: Which?"
    assert lines[1] == "1. option 0"
    assert lines[-1] == "… and 9900 more"
    assert eye.count(Reason.NO_CHANGE) == 1


async def test_a_poll_that_asks_nothing_is_still_one(eye, bob):
    await bob.does("#room", Poll(" \n", ("", "b")), id="m1")
    (event,) = await timeline(eye, bob)
    start = event["content"]["org.matrix.msc3381.poll.start"]
    assert start["question"]["body"] == "(no question)"
    assert [answer["org.matrix.msc1767.text"] for answer in start["answers"]] == ["…", "b"]


async def test_a_poll_without_options_is_text(eye, bob):
    await bob.does("#room", Poll("Why?", ()), id="m1")
    (event,) = await timeline(eye, bob)
    assert event["content"]["body"] == "Poll: Why?"


async def test_a_vote_for_what_nobody_can_choose_is_dropped(eye, bob):
    await bob.poll("#room", "Tea?", "yes", "no", id="m1")
    await bob.does("#room", Vote(M1, (7, -1)))
    assert len(await timeline(eye, bob)) == 1
    assert eye.count(Reason.EMPTY) == 1


async def test_a_reaction_as_long_as_a_text_is_cut(eye, bob):
    await bob.say("#room", "hello", id="m1")
    await eye.sees("hello")
    before = eye.count(Reason.DUPLICATE)  # it may have come from the history, too
    await bob.react("#room", "m1", "x" * 10_000)
    await bob.react("#room", "m1", "x" * 10_001)
    _, reaction = await timeline(eye, bob)
    assert reaction["content"]["m.relates_to"]["key"] == "x" * 100
    assert eye.count(Reason.DUPLICATE) == before + 1


async def test_a_reaction_with_nothing_is_dropped(eye, bob):
    await bob.say("#room", "hello", id="m1")
    await bob.does("#room", Reaction(M1, " \n "))
    assert len(await timeline(eye, bob)) == 1
    assert eye.count(Reason.EMPTY) == 1


@pytest.mark.parametrize(
    "content",
    [
        Edit(MessageID("m\0"), Message(from_plain("x"))),
        Edit(M1, Message(from_plain("x")), stamp="\ud83d"),
        Deletion(MessageID("\ud83d")),
        Reaction(MessageID("m\0"), "👍"),
        Message(from_plain("x"), reply_to=MessageID("m\0")),
    ],
    ids=lambda content: type(content).__name__,
)
async def test_a_target_that_no_database_keeps_is_set_aside(eye, bob, rig, content):
    await rig.network.deliver(RemoteEvent(ROOM, BOB, content))
    assert await timeline(eye, bob) == []
    assert eye.count(Reason.BROKEN_RECORD) == 1


async def test_what_happens_in_the_future_happens_now(eye, bob):
    await bob.say("#room", "hello", id="m1", at=datetime(9999, 1, 1, tzinfo=UTC))
    (event,) = await timeline(eye, bob)
    assert event["origin_server_ts"] <= datetime.now(UTC).timestamp() * 1000 + 60_000


async def test_what_happened_long_ago_is_set_aside_and_counted(rig, watch, bob):
    rig.network.lacks = frozenset({SupportsHistory})  # what is asked for may be of any age
    await rig.start()
    eye = await watch(rig)
    await bob.say("#room", "old", id="m1", at=datetime(1970, 1, 1, tzinfo=UTC))
    assert await timeline(eye, bob) == []
    (kept,) = await AsideRows(rig.bridge.parts.store.reader).listed(10)
    assert "more than 90 days ago" in kept.item.why


async def test_an_edit_to_nothing_at_all_is_an_empty_text(eye, bob):
    await bob.say("#room", "hello", id="m1")
    await bob.does("#room", Edit(M1, Message(())))
    _, edit = await timeline(eye, bob)
    assert edit["content"]["m.new_content"]["body"] == ""


def named_things():
    """Every field of every kind of event that may become part of a key or a query."""
    for kind in get_args(Content):
        hints = get_type_hints(kind)
        for field in fields(kind):
            kinds = {hints[field.name], *get_args(hints[field.name])}
            if field.name == "stamp" or kinds & {ChatID, MessageID, RemoteUserID}:
                yield pytest.param(kind, field.name, id=f"{kind.__name__}-{field.name}")


@pytest.mark.parametrize("bad", ["\ud83d", "a\0"], ids=["half", "nul"])
@pytest.mark.parametrize(("kind", "name"), list(named_things()))
def test_no_identifier_that_databases_refuse_is_taken_in(kind, name, bad):
    given = {one.name: "x" for one in fields(kind) if one.default is MISSING}
    content = kind(**given)
    event = RemoteEvent(ROOM, BOB, content, id=M1)
    assert storable(event)
    assert not storable(replace(event, content=replace(content, **{name: bad})))


async def test_a_stamp_that_databases_refuse_is_set_aside(eye, bob, rig):
    place = Location(1.0, 2.0, stamp="\ud83d")
    await rig.network.deliver(RemoteEvent(ROOM, BOB, place, id=M1))
    assert not await timeline(eye, bob)
    assert eye.count(Reason.BROKEN_RECORD) == 1
