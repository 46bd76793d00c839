"""Direct chats that people open by inviting a ghost, and what is said in them."""

from __future__ import annotations

import pytest

from bridgekit.configuration.settings import ChatLink
from bridgekit.errors import Rejected
from bridgekit.permissions.rights import Level

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
    assert "goes on in the room that you have opened now" in await refusal(stage, first)
    await stage.alice.say(second, "in the second")
    await stage.heard("in the first", "in the second")
    login = stage.network.heard[-1].login
    await stage.network.say("bob", "bob", "seen", id="m1", to=login)
    await stage.alice.wait_for(second, lambda event: event["content"].get("body") == "seen")


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
