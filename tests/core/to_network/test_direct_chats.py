"""Direct chats that people open by inviting a ghost, and what is said in them."""

from __future__ import annotations

from functools import partial

import pytest

from bridgekit.configuration.settings import ChatLink
from bridgekit.errors import Rejected
from bridgekit.permissions.rights import Level
from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import settle

BOB = "@loop_bob:example.org"
BOT = "@bridgebot:example.org"


async def opened(stage, ghost: str = BOB, **options) -> str:
    room = await stage.alice.create_room(
        **{"invite": [ghost], "direct": True, "preset": "trusted_private_chat", **options}
    )
    await stage.alice.wait_for(room, member(ghost, "join"))
    return room


def member(user: str, membership: str):
    def look(event) -> bool:
        return (event["type"], event.get("state_key"), event["content"].get("membership")) == (
            "m.room.member",
            user,
            membership,
        )

    return look


async def refusal(stage, room: str, ghost: str = BOB) -> str:
    event = await stage.alice.wait_for(room, member(ghost, "leave"))
    return str(event["content"].get("reason"))


async def test_a_direct_chat_speaks_through_its_persons_own_login(stage):
    await stage.alice.set_display_name("Alice")
    await stage.start()
    room = await opened(stage)
    await stage.alice.say(room, "hello bob")
    await stage.heard("hello bob")
    (heard,) = stage.network.heard
    assert (heard.chat, heard.relayed, heard.author) == ("bob", False, "Alice")
    assert stage.network.clients[heard.login].me == "alice"
    await stage.network.say("bob", "bob", "hello alice", id="m1", to=heard.login)
    event = await stage.alice.wait_for(
        room, lambda event: event["content"].get("body") == "hello alice"
    )
    assert event["sender"] == BOB


async def test_what_is_said_before_the_ghost_is_in_is_sent_in_order(stage):
    await stage.start()
    stage.hs.hold()
    room = await stage.alice.create_room(invite=[BOB], direct=True, preset="trusted_private_chat")
    gone = await stage.alice.say(room, "gone")
    await stage.alice.redact(room, gone)
    for text in ("one", "two"):
        await stage.alice.say(room, text)
    stage.hs.release()
    await stage.alice.wait_for(room, member(BOB, "join"))
    await stage.alice.say(room, "three")
    await stage.heard("one", "two", "three")
    assert await stage.notices(room) == []


async def test_what_is_said_before_the_ghost_is_in_is_sent_also_at_the_second_try(stage):
    """The chat has its room already; what was said there could not be asked for."""
    await stage.start()
    stage.hs.hold()
    room = await stage.alice.create_room(invite=[BOB], direct=True, preset="trusted_private_chat")
    await stage.alice.say(room, "one")
    failed = stage.hs.fail("GET", "/messages")
    stage.hs.release()
    await stage.heard("one")
    assert failed.struck
    await stage.alice.say(room, "two")
    await stage.heard("one", "two")


async def test_what_was_said_before_the_invitation_was_not_said_to_the_ghost(stage):
    await stage.start()
    room = await stage.alice.create_room(preset="trusted_private_chat")
    await stage.alice.say(room, "a note to myself")
    invitation = {"membership": "invite", "is_direct": True}
    await stage.alice.set_state(room, "m.room.member", invitation, BOB)
    await stage.alice.say(room, "hello")
    await stage.heard("hello")


async def test_a_second_direct_chat_takes_over_and_the_first_is_left(stage):
    await stage.start()
    first = await opened(stage)
    await stage.alice.say(first, "in the first")
    await stage.heard("in the first")
    second = await opened(stage)
    told = await refusal(stage, first)
    assert "goes on in the room that you have opened now" in told
    assert f"https://matrix.to/#/{second}?via=example.org" in told
    assert told in await stage.alice.bodies(first)
    await stage.alice.say(second, "in the second")
    await stage.heard("in the first", "in the second")
    login = stage.network.heard[-1].login
    await stage.network.say("bob", "bob", "seen", id="m1", to=login)
    await stage.alice.wait_for(second, lambda event: event["content"].get("body") == "seen")


async def test_what_is_said_where_a_direct_chat_was_is_answered_with_where_it_is(stage):
    await stage.start()
    alone = await stage.alice.create_room(invite=[BOT], direct=True)
    await stage.alice.wait_for(alone, member(BOT, "join"))
    await stage.alice.say(alone, "start loop bob")
    rooms = stage.hs.world.rooms
    first = await stage.hs.wait_for(lambda: next((one for one in rooms if invited(rooms[one])), ""))
    await stage.alice.join(first)
    await stage.alice.say(first, "in the first")
    await stage.heard("in the first")
    second = await opened(stage)
    link = f"https://matrix.to/#/{second}?via=example.org"
    assert link in await refusal(stage, first)
    old = rooms[first]
    assert old.content("m.room.tombstone")["replacement_room"] == second
    for said in ("good morning", "help me", ""):
        before = told(old)
        if said:
            await stage.alice.say(first, said)
        else:
            await stage.alice.send(first, "m.sticker", {"body": "hi", "url": "mxc://a/b"})
        await stage.hs.wait_for(partial(says_more, old, before), "an answer")
        (answer,) = told(old)[len(before) :]
        assert "was not bridged" in answer
        assert link in answer
    await stage.alice.say(alone, "good morning")
    await stage.notice("There is no such command", alone)
    await stage.alice.say(second, "in the second")
    await stage.heard("in the first", "in the second")


def invited(room) -> bool:
    return room.membership("@alice:example.org") == "invite"


def says_more(room, before: list[str]) -> bool:
    return len(told(room)) > len(before)


def told(room) -> list[str]:
    """What the bot has said there."""
    events = [one for one in room.events if one.type == "m.room.message"]
    return [str(one.content["body"]) for one in events if one.sender == BOT]


async def test_a_failure_in_a_direct_chat_is_told_by_its_ghost(stage):
    stage.network.before.append(lambda _: Rejected("Bob does not want to hear from you."))
    await stage.start()
    room = await opened(stage)
    event = await stage.alice.say(room, "hello")
    notice = await stage.notice("Bob does not want", room)
    assert notice["m.relates_to"] == {"m.in_reply_to": {"event_id": event}}
    events = await stage.alice.events(room)
    assert next(one for one in events if one["content"] == notice)["sender"] == BOB


async def test_an_encrypted_direct_chat_is_told_that_it_cannot_be_read(stage):
    await stage.start()
    room = await opened(stage, encrypted=True)
    await stage.alice.send(room, "m.room.encrypted", {"algorithm": "x", "ciphertext": "y"})
    await stage.notice("cannot read encrypted messages", room)


@pytest.mark.parametrize(
    ("ghost", "options", "why"),
    [
        (BOB, {"direct": False}, "I can only be talked to directly"),
        (BOB, {"invite": [BOB, "@carol:example.org"]}, "one person at a time"),
        ("@loop_=23room:example.org", {}, "Nobody on loop can have this name."),
    ],
)
async def test_what_cannot_be_a_direct_chat_is_refused_with_a_sentence(stage, ghost, options, why):
    stage.hs.person("carol")
    await stage.start()
    config = {"invite": [ghost], "direct": True, "preset": "private_chat", **options}
    room = await stage.alice.create_room(**config)
    said = await refusal(stage, room, ghost)
    assert why in said
    assert said.endswith(f"The bridge itself is {BOT}.")
    await stage.alice.say(room, "hello?")
    await stage.hs.pushed()
    assert stage.network.texts() == []


async def test_who_may_not_have_a_login_cannot_open_a_direct_chat(stage):
    stage.rig.permissions = {"*": Level.RELAY}
    await stage.start()
    room = await stage.alice.create_room(invite=[BOB], direct=True)
    assert "You may not open chats" in await refusal(stage, room)


async def test_nobody_else_can_speak_in_a_private_chat(stage):
    await stage.start()
    room = await opened(stage)
    await stage.alice.say(room, "hello")
    await stage.heard("hello")
    carol = stage.hs.person("carol")
    await stage.alice.invite(room, carol.user_id)
    await carol.join(room)
    await carol.say(room, "me too")
    await stage.notice("Only the person whose chat this is", room)
    await stage.alice.say(room, "still here")
    await stage.heard("hello", "still here")


async def test_a_ghost_that_is_asked_into_a_bridged_room_joins_it(stage):
    stage.room = await stage.alice.create_room(invite=[BOT], preset="public_chat")
    stage.rig.links = (ChatLink(chat="#room", room=stage.room),)
    await stage.start()
    await stage.stored("SELECT * FROM portal WHERE state = 'bound'", 1)
    await stage.alice.invite(stage.room, BOB)
    await stage.alice.wait_for(stage.room, member(BOB, "join"))


async def test_what_is_said_while_its_person_opens_the_chat_is_delivered(stage):
    """The network's message makes a room; the person's own takes over from it."""
    stage.network.lacks |= {SupportsHistory}
    await stage.start()
    first = await opened(stage, BOB.replace("bob", "carol"))
    await stage.alice.say(first, "hello carol")
    await stage.heard("hello carol")
    login = stage.network.heard[-1].login
    making = stage.hs.delay("POST", "/createRoom", times=1)
    await stage.network.say("bob", "bob", "hello alice", id="m1", to=login)
    await making.reached.wait()
    room = await opened(stage)
    await stage.hs.pushed()
    await settle()
    making.release()
    rooms = stage.hs.world.rooms.values()
    await stage.hs.wait_for(partial(says, rooms, "hello alice"), "what bob has said")
    await stage.network.say("bob", "bob", "still there?", id="m2", to=login)
    await stage.alice.wait_for(room, lambda event: event["content"].get("body") == "still there?")


def says(rooms, body: str) -> bool:
    return any(event.content.get("body") == body for room in rooms for event in room.events)


async def test_of_much_that_is_said_before_the_ghost_is_in_nothing_is_left_out(stage):
    await stage.start()
    stage.hs.hold()
    room = await stage.alice.create_room(invite=[BOB], direct=True, preset="trusted_private_chat")
    texts = [f"word {number}" for number in range(120)]
    for text in texts:
        await stage.alice.say(room, text)
    stage.hs.release()
    await stage.alice.wait_for(room, member(BOB, "join"))
    await stage.alice.say(room, "at last")
    await stage.network.wait(lambda: "at last" in stage.network.texts())
    assert stage.network.texts() == [*texts, "at last"]
