"""What is larger than an event arrives complete, in order and once, in parts that never shift."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.events import Message, Poll
from bridgekit.facts import Profile
from bridgekit.ids import EventID, RemoteUserID, UserID
from bridgekit.matrix.content import contents
from bridgekit.matrix.poll_content import START, poll_start
from bridgekit.matrix.profile_content import under_profile
from bridgekit.matrix.relation_content import replacing
from bridgekit.richtext import Bold, Code, Mention, Quote, RoomMention, Text, from_plain
from tests.fuzz.effort import tries

LARGEST = 60_000
WORDS = " ".join(f"word{number}" for number in range(22_000))  # some 200 KiB
BOB = UserID("@loop_bob:example.org")
SEND = "PUT /rooms/{room}/send/{type}/{txn}"


def nobody(_mention):
    return None


def size(content):
    return len(json.dumps(content, ensure_ascii=False).encode())


def test_a_long_text_is_cut_into_events_that_fit():
    parts = contents(Message(from_plain(WORDS)), nobody, None)
    assert all(size(part) <= LARGEST for part in parts)
    assert " ".join(part["body"] for part in parts) == WORDS


def test_what_fits_is_one_event():
    assert len(contents(Message(from_plain("x" * 20_000)), nobody, None)) == 1


def test_formatting_that_is_larger_than_the_text_is_kept_in_smaller_parts():
    text = tuple(node for _ in range(3_000) for node in (Bold((Text("b & b"),)), Code("<&>")))
    parts = contents(Message(text), nobody, None)
    assert len(parts) > 1
    assert all(size(part) <= LARGEST for part in parts)
    assert all("formatted_body" in part for part in parts)


def test_formatting_within_formatting_gives_way_to_the_text():
    deep = (Text("core"),)
    for _ in range(60):
        deep = (Quote(deep),)
    parts = contents(Message((*deep, *from_plain("y" * 120_000))), nobody, None)
    assert all(size(part) <= LARGEST for part in parts)
    assert "core" in parts[0]["body"]


def test_the_parts_are_the_same_whoever_speaks_and_whoever_is_meant():
    text = tuple(
        node
        for number in range(4_000)
        for node in (Mention(f"bob{number}", RemoteUserID("bob")), Text(" is spoken to. "))
    )
    plain = contents(Message(text), nobody, None)
    meant = contents(Message(text), lambda _: BOB, "Somebody <else>")
    assert len(plain) > 1
    assert [f"<Somebody <else>> {part['body']}" for part in plain] == [
        part["body"] for part in meant
    ]
    assert all(size(part) <= LARGEST for part in meant)


@tries(30)
@given(st.text(min_size=1, max_size=40), st.integers(1, 6_000))
def test_every_text_becomes_events_that_fit(text, times):
    parts = contents(Message(from_plain(text * times)), nobody, "x" * 255)
    assert all(size(part) <= LARGEST for part in parts)
    for part in parts:
        json.dumps(part).encode()
        part["body"].encode()
        assert "\0" not in part["body"]


def test_mentions_are_always_said():
    (quiet,) = contents(Message(from_plain("hello")), nobody, None)
    assert quiet["m.mentions"] == {}
    text = (Mention("bob", RemoteUserID("bob")), Text(" and all: "), RoomMention())
    (loud,) = contents(Message(text), lambda _: BOB, None)
    assert loud["m.mentions"] == {"user_ids": [BOB], "room": True}
    assert f'<a href="https://matrix.to/#/{BOB}">bob</a>' in loud["formatted_body"]


def test_a_pill_for_a_strange_id_is_percent_encoded():
    strange = UserID("@loop_a/b=3f+c:example.org")
    (part,) = contents(Message((Mention("b", RemoteUserID("b")),)), lambda _: strange, None)
    assert "https://matrix.to/#/@loop_a%2Fb%3D3f%2Bc:example.org" in part["formatted_body"]


async def test_a_long_text_arrives_complete_and_in_order(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", WORDS, id="m1")
    await rig.network.say("#room", "bob", "end", id="m2")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    *parts, _ = await eye.bodies()
    assert " ".join(parts) == WORDS


async def test_a_kill_in_the_middle_of_a_long_text_doubles_no_part(rig, watch):
    await rig.start()
    eye = await watch(rig)
    gates = []

    def second_part_waits(_room, event):
        if event.type == "m.room.message" and not gates:
            gates.append(rig.hs.drop_request("PUT", "/send/", times=None))

    rig.hs.world.on_event.append(second_part_waits)
    await rig.network.say("#room", "bob", WORDS, id="m1")
    await rig.hs.wait_for(lambda: gates and gates[0].struck)
    await rig.kill()
    gates[0].clear()
    await rig.hs.restart()  # it does not remember the first part's transaction ID
    await rig.start()
    await rig.network.say("#room", "bob", "end", id="m2")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    *parts, _ = await eye.bodies()
    assert " ".join(parts) == WORDS


async def test_a_rate_limit_in_the_middle_of_a_long_text_doubles_no_part(rig, watch):
    await rig.start()
    eye = await watch(rig)
    limits = []

    def second_part_is_limited(_room, event):
        if event.type == "m.room.message" and not limits:
            limits.append(rig.hs.fail("PUT", "/send/", status=429, retry_after_ms=10))
            # Once it has answered, as if it had restarted: it does not know the first part.
            asyncio.get_running_loop().call_soon(rig.hs.world.answered.clear)

    rig.hs.world.on_event.append(second_part_is_limited)
    await rig.network.say("#room", "bob", WORDS, id="m1")
    await rig.network.say("#room", "bob", "end", id="m2")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    *parts, _ = await eye.bodies()
    assert limits[0].struck == 1
    assert " ".join(parts) == WORDS


@pytest.mark.parametrize(
    "text", ["x " * 25_000, "\n" * 50_000, "&\u8a9e" * 20_000], ids=["words", "lines", "wide"]
)
def test_a_long_text_under_its_own_profile_fits_and_so_does_its_edit(text):
    name = "&" * 255
    message = Message(from_plain(text), profile=Profile(name))
    for part in contents(message, nobody, None):
        whole = under_profile(part, name, "mxc://example.org/" + "x" * 255)
        assert size(replacing(EventID("$m1"), whole)) <= LARGEST


async def test_a_long_text_under_its_own_profile_arrives(rig, watch):
    await rig.start()
    eye = await watch(rig)
    message = Message(from_plain(WORDS), profile=Profile("Hook"))
    await rig.network.emit("#room", "bob", message, id="m1")
    await rig.network.say("#room", "bob", "end", id="m2")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    *parts, _ = await eye.bodies()
    assert " ".join(part.removeprefix("Hook: ") for part in parts) == WORDS


async def test_the_largest_poll_fits_and_so_does_its_later_state(rig, watch):
    await rig.start()
    eye = await watch(rig)
    poll = Poll("\u554f" * 500, tuple("\u8a9e" * 500 for _ in range(20)), stamp="1")
    for stamp in "12":
        await rig.network.emit("#room", "bob", replace(poll, stamp=stamp), id="m1")
    await rig.network.say("#room", "bob", "end", id="m2")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    polls = [one for one in await eye.alice.events(eye.room) if one["type"] == START]
    assert [len((one["content"][START])["answers"]) for one in polls] == [20, 20]
    assert all(size(one["content"]) <= LARGEST for one in polls)


def test_a_poll_of_ordinary_size_is_whole():
    poll = poll_start(Poll("q" * 500, ("a" * 500, "b" * 500)), None)
    assert [len(one["org.matrix.msc1767.text"]) for one in poll[START]["answers"]] == [500, 500]
