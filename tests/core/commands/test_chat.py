"""Commands in the chat: who is answered, where, and what is never bridged."""

from __future__ import annotations

import pytest

from bridgekit.permissions.rights import Level
from tests.core.commands.conftest import BOT, alone, by_bot, joined


async def test_help_lists_what_applies_in_ones_own_room_with_the_bot(rig, tell):
    await rig.start()
    alice, room = await alone(rig)
    said = await tell(alice, room, "help")
    assert said.startswith("I am a bridge to: loop. Nothing said to me leaves this room.\n")
    assert "whoami: Show who you are" in said
    assert "unlink" not in said, "there is nothing to unlink here"
    assert rig.network.texts() == []
    bridged = await alice.join("#loop_#room:example.org")
    said = await tell(alice, bridged, "!bridge help")
    assert said.startswith("I am a bridge to: loop. Here I take:\n")
    assert "\n!bridge here: " in said
    assert "unlink [NETWORK]" not in said, "she has no power in this room"
    assert "sign-in" not in said, "others would read it"
    assert said.endswith("\nThere is more in a room with nobody but me.")


async def test_help_explains_one_command(rig, tell):
    await rig.start()
    alice, room = await alone(rig)
    said = await tell(alice, room, "help new-token")
    assert said.startswith("new-token NAME [SCOPES…] [--days DAYS]: Make a token")
    assert "\nsign-in: the sign-in" in await tell(alice, room, "help answer")
    assert "sign-in NETWORK [--again LOGIN] [--relay]: " in await tell(alice, room, "help sign-in")
    assert "confirm" not in await tell(alice, room, "help link"), "which is a word of its own"
    assert "\ndays: how long it is valid; 0: for good" in said


async def test_help_leaves_out_what_somebody_may_not_do(rig, tell):
    rig.permissions = {"*": Level.USER, "@bob:example.org": Level.RELAY}
    await rig.start()
    alice, room = await alone(rig)
    bob = rig.hs.person("bob")
    shared = await alice.create_room(invite=[BOT, bob.user_id])
    await alice.wait_for(shared, joined)
    await bob.join(shared)
    assert "\nlink NETWORK CHAT" in await tell(alice, room, "help")
    assert "link NETWORK" not in await tell(bob, shared, "!bridge help")


async def test_a_command_that_an_answer_names_is_spelt_as_it_is_typed_there(rig, tell):
    await rig.start()
    alice, own = await alone(rig)
    bridged = await alice.join("#loop_#room:example.org")
    said = await tell(alice, bridged, "!bridge good morning")
    assert said == "There is no such command; !bridge help lists what there is."
    assert (await tell(alice, own, "good")).endswith("; help lists what there is.")
    mistyped = await tell(alice, bridged, "!bridge prefer-here")
    assert mistyped == (
        "login (one of yours, as logins names it, default, or relay) is missing. "
        "Write: !bridge prefer-here LOGIN [NETWORK] [CHAT]"
    )
    explained = await tell(alice, bridged, "!bridge help unlink")
    assert explained.startswith("!bridge unlink [NETWORK]")


async def test_an_unknown_command_suggests(rig, tell):
    await rig.start()
    alice, room = await alone(rig)
    assert await tell(alice, room, "whoam") == "There is no such command; did you mean whoami?"
    unknown = await tell(alice, room, "good morning")
    assert unknown == "There is no such command; help lists what there is."
    more = await tell(alice, room, "sign-out a b c")
    assert more.startswith("There are more words than this takes; put what belongs together")
    assert more.endswith("Write: sign-out LOGIN")


async def test_in_a_bridged_room_only_the_prefix_speaks_to_the_bot(rig, tell):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    said = await tell(alice, room, "!bridge whoami")
    assert said.startswith("You are @alice:example.org; your level is user")
    await alice.say(room, "help")
    await alice.say(room, "!bridgehead is a place")
    await rig.network.wait(lambda: "!bridgehead is a place" in rig.network.texts())
    assert rig.network.texts() == ["help", "!bridgehead is a place"]
    (answer,) = await by_bot(alice, room)
    assert answer["content"]["m.mentions"] == {"user_ids": [alice.user_id]}
    assert answer["content"]["m.relates_to"]["m.in_reply_to"]


async def test_a_command_without_its_prefix_is_answered_once_where_others_read(rig, tell):
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.hs.person("bob")
    room = await alice.create_room(invite=[BOT, bob.user_id])
    await alice.wait_for(room, joined)
    await bob.join(room)
    said = await tell(alice, room, "whoami")
    assert said == (
        "Where others read along, I take only what begins with my prefix. Write: !bridge whoami"
    )
    await alice.say(room, "whoami")
    await alice.say(room, "link is a game that we like")
    assert (await tell(alice, room, "!bridge whoami")).startswith("You are @alice:example.org")
    assert len(await by_bot(alice, room)) == 2


async def test_a_secret_without_the_prefix_is_taken_back_where_others_read(rig, tell):
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.hs.person("bob")
    room = await alice.create_room(invite=[BOT, bob.user_id])
    await alice.wait_for(room, joined)
    await bob.join(room)
    await alice.set_power(room, BOT, 100)
    assert (await tell(alice, room, "puppet-token horse")).endswith(
        "Write: !bridge puppet-token TOKEN"
    )
    assert "horse" not in str(await bob.events(room))


@pytest.mark.parametrize(
    "said",
    [
        "puppet-token horse",
        "puppet-token horse is my new one",
        "puppet-token=horse",
        "pupet-token horse",
        "puppettoken horse",
        "puppet token horse",
        "answer abc step password=horse",
    ],
)
async def test_a_secret_without_the_prefix_is_taken_back_also_where_the_prefix_was_told_of(
    rig, tell, said
):
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.hs.person("bob")
    room = await alice.create_room(invite=[BOT, bob.user_id])
    await alice.wait_for(room, joined)
    await bob.join(room)
    await alice.set_power(room, BOT, 100)
    await tell(alice, room, "help")
    await alice.say(room, "answer me soon")
    await bob.say(room, said)
    await tell(alice, room, "!bridge help")
    events = str(await bob.events(room))
    assert "horse" not in events
    assert "answer me soon" in events, "that is mere talk"


async def test_who_says_a_secret_without_the_prefix_is_asked_each_time_to_delete_it(rig, tell):
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.hs.person("bob")
    room = await alice.create_room(invite=[BOT, bob.user_id])
    await alice.wait_for(room, joined)
    await bob.join(room)
    await tell(alice, room, "help")
    for word in ("horse", "staple"):
        assert (await tell(bob, room, f"puppet-token {word}")).startswith("Delete your message")


@pytest.mark.parametrize("prefix", ["", "!bridge "])
async def test_an_edit_of_a_command_is_a_command_and_goes_to_no_network(rig, prefix):
    await rig.start()
    alice, room = await alone(rig)
    room = await alice.join("#loop_#room:example.org") if prefix else room
    typed = await alice.say(room, f"{prefix}whoam")
    await alice.wait_for(room, lambda event: "did you mean" in str(event["content"]))
    await alice.edit(room, typed, f"{prefix}whoami")
    await alice.wait_for(room, lambda event: "You are @alice" in str(event["content"]))
    assert rig.network.texts() == []
    assert len(await by_bot(alice, room)) == 2


@pytest.mark.parametrize("prefix", ["", "!bridge "])
async def test_a_command_in_reply_to_something_is_one_without_what_is_quoted(rig, tell, prefix):
    """As clients write it that quote what they answer in the text itself."""
    await rig.start()
    alice, room = await alone(rig)
    room = await alice.join("#loop_#room:example.org") if prefix else room
    await tell(alice, room, f"{prefix}whoam")
    (answer,) = await by_bot(alice, room)
    quoted = f"> <{BOT}> {answer['content']['body']}\n> and more\n\n{prefix}whoami"
    await alice.reply(room, answer["event_id"], quoted)
    await alice.wait_for(room, lambda event: "You are @alice" in str(event["content"]))
    assert rig.network.texts() == []


async def test_the_bot_is_silent_in_other_peoples_rooms_until_it_is_addressed(rig, tell):
    await rig.start()
    alice, own = await alone(rig)
    bob = rig.hs.person("bob")
    room = await alice.create_room(invite=[BOT, bob.user_id])
    await bob.join(room)
    await alice.wait_for(room, joined)
    await alice.say(room, "I help where I can")
    await tell(alice, own, "help")  # by now it has read what was said before
    assert await by_bot(alice, room) == []
    assert (await tell(bob, room, "!bridge whoami")).startswith("You are @bob")


async def test_notices_are_never_answered(rig, tell):
    """Two bots would never end."""
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "help", msgtype="m.notice")
    await alice.say(room, "!bridge help", msgtype="m.notice")
    await tell(alice, room, "whoami")
    assert len(await by_bot(alice, room)) == 1


async def test_who_is_blocked_is_not_answered(rig, tell):
    await rig.start()
    alice, room = await alone(rig)
    mallory = rig.hs.person("mallory")
    await alice.invite(room, mallory.user_id)
    await mallory.join(room)
    rig.permissions[mallory.user_id] = Level.BLOCK
    await mallory.say(room, "!bridge help")
    await tell(alice, room, "!bridge whoami")
    assert len(await by_bot(alice, room)) == 1


async def test_what_cannot_be_read_is_said_to_be(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.send(room, "m.room.encrypted", {"algorithm": "x", "ciphertext": "y"})
    await alice.wait_for(room, lambda event: "encrypted, and I cannot" in str(event["content"]))
    await alice.send(
        room, "m.room.message", {"msgtype": "m.image", "body": "a", "url": "mxc://a/b"}
    )
    await alice.wait_for(
        room, lambda event: event["content"].get("body") == "I read plain text only."
    )


async def test_a_command_about_a_room_is_given_there_or_names_it(rig, tell):
    await rig.start()
    alice, own = await alone(rig)
    other = await rig.hs.person("bob").create_room()
    nowhere = await tell(alice, own, f"link loop #x --room {other}")
    assert nowhere == f"The bridge is not in the room {other}: invite {BOT} there."
    assert await tell(alice, own, f"link loop #x --room={other}") == nowhere
    for without in ("--room", "--room="):
        said = await tell(alice, own, f"link loop #x {without}")
        assert said == "--room needs the ID of a room."


async def test_a_refusal_says_which_rule_decided(rig, tell):
    rig.permissions = {"*": Level.USER, "@bob:example.org": Level.RELAY}
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.hs.person("bob")
    room = await alice.create_room(invite=[BOT, bob.user_id])
    await alice.wait_for(room, joined)
    await bob.join(room)
    assert await tell(bob, room, "!bridge link loop #x") == (
        "You may not link rooms to chats, or unlink them: your level is relay "
        '(permissions["@bob:example.org"]).'
    )


async def test_the_power_levels_of_the_room_are_a_second_check(rig, tell):
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.hs.person("bob")
    room = await alice.create_room(invite=[BOT, bob.user_id])
    await alice.wait_for(room, joined)
    await bob.join(room)
    refused = await tell(bob, room, "!bridge link loop #x")
    assert refused.startswith("You may not change the settings of this room")
    assert "link NETWORK" not in await tell(bob, room, "!bridge help")
    await alice.set_power(room, bob.user_id, 50)
    assert "!bridge link NETWORK" in await tell(bob, room, "!bridge help")
    assert not (await tell(bob, room, "!bridge link loop #x")).startswith("You may not")


async def test_a_command_is_done_once_however_often_its_message_comes(rig, tell):
    await rig.start()
    alice, room = await alone(rig)
    assert "Keep it now" in await tell(alice, room, "new-token one")
    await rig.hs.replay_last()
    await rig.stop()
    await rig.hs.restart()
    await rig.start()
    assert (await tell(alice, room, "tokens")).count("valid until") == 1
    assert len(await by_bot(alice, room)) == 2


@pytest.mark.parametrize("text", ["", "   ", "\n"])
async def test_the_prefix_alone_is_a_call_for_help(rig, tell, text):
    await rig.start()
    alice, room = await alone(rig)
    assert "I am a bridge to: loop" in await tell(alice, room, f"!bridge{text}")
