"""What is said, both ways, on a real Synapse: every form of text, changed and taken back."""

from __future__ import annotations

import pytest

from bridgekit.events import Deletion, Edit, Message, MessageKind
from bridgekit.richtext import Bold, Mention, RoomMention, Text

pytestmark = [pytest.mark.synapse, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    ("msgtype", "kind"),
    [
        ("m.text", MessageKind.TEXT),
        ("m.notice", MessageKind.NOTICE),
        ("m.emote", MessageKind.EMOTE),
    ],
)
async def test_text_of_every_kind_to_the_network(place, msgtype, kind):
    await place.alice.say(place.room, "waves", msgtype=msgtype)
    message = (await place.told("waves")).content
    assert (message.kind, message.attachments) == (kind, ())
    act = place.network.acts[-1].event
    assert (act.author.name, act.relayed) == ("alice", False)


@pytest.mark.parametrize(
    ("kind", "msgtype"),
    [
        (MessageKind.TEXT, "m.text"),
        (MessageKind.NOTICE, "m.notice"),
        (MessageKind.EMOTE, "m.emote"),
    ],
)
async def test_text_of_every_kind_to_matrix(place, kind, msgtype):
    bob = place.someone()
    await bob.does(place.chat, Message((Text("waves"),), kind))
    event = await place.shown("waves")
    assert event["sender"] == place.ghost(bob.user)
    assert event["content"]["msgtype"] == msgtype
    assert event["content"]["m.mentions"] == {}
    member = await place.alice.state(place.room, "m.room.member", event["sender"])
    assert (member["membership"], member["displayname"]) == ("join", bob.user.title())


async def test_formatting_both_ways(place):
    await place.alice.say(place.room, "so bold", html="so <strong>bold</strong>")
    assert (await place.told("so bold")).content.text == (Text("so "), Bold((Text("bold"),)))
    await place.someone().say(place.chat, (Text("very "), Bold((Text("<big>"),))))
    content = (await place.shown("very <big>"))["content"]
    assert content["format"] == "org.matrix.custom.html"
    assert content["formatted_body"] == "very <strong>&lt;big&gt;</strong>"


async def test_a_mention_to_the_network_and_back(place):
    bob = place.someone()
    await place.from_bob(bob)
    ghost = place.ghost(bob.user)
    html = f'<a href="https://matrix.to/#/{ghost}">Bob</a>: look'
    await place.alice.say(place.room, "Bob: look", html=html, mention=[ghost])
    text = (await place.told("Bob: look")).content.text
    assert [node.user for node in text if isinstance(node, Mention)] == [bob.user]
    login = next(act.login for act in place.network.acts if act.event.chat.id == place.chat)
    me = place.network.clients[login].me
    await bob.say(place.chat, (Mention("alice", user=me), Text(": see")))
    content = (await place.shown("alice: see"))["content"]
    assert content["m.mentions"] == {"user_ids": [place.alice.user_id]}
    assert f"matrix.to/#/{place.alice.user_id}" in content["formatted_body"].replace("%40", "@")


async def test_the_whole_room_is_called_only_by_who_may(place):
    await place.alice.say(place.room, "@room wake up", mention_room=True)
    assert RoomMention() in (await place.told("@room wake up")).content.text
    await place.bot.set_power(place.room, place.alice.user_id, 0)
    await place.alice.say(place.room, "@room again", mention_room=True)
    assert (await place.told("@room again")).content.text == (Text("@room again"),)


async def test_an_edit_to_the_network(place):
    event, message = await place.from_alice("teh text")
    await place.alice.edit(place.room, event, "the text")
    told = await place.told("the text")
    assert (told.id, len(told.versions)) == (message, 1)


async def test_an_edit_to_matrix(place):
    bob = place.someone()
    event, message = await place.from_bob(bob, "teh text")
    await bob.edit(place.chat, message, "the text", stamp="1")
    new = await place.replaced(event)
    assert (new["msgtype"], new["body"], new["m.mentions"]) == ("m.text", "the text", {})
    latest = await place.alice.event(place.room, event)
    assert latest["unsigned"]["m.relations"]["m.replace"]["sender"] == place.ghost(bob.user)


async def test_a_deletion_to_the_network(place):
    event, message = await place.from_alice("oops")
    await place.alice.redact(place.room, event)
    await place.until(lambda: place.over_there.messages[message].deleted)
    assert place.acted(Deletion) == [Deletion(message)]


async def test_a_deletion_to_matrix(place):
    bob = place.someone()
    event, message = await place.from_bob(bob, "oops")
    await bob.delete(place.chat, message)
    gone = await place.redacted(event)
    assert gone["unsigned"]["redacted_because"]["sender"] == place.ghost(bob.user)


async def test_what_nobody_knows_becomes_a_line_on_matrix(place):
    bob = place.someone()
    await bob.unsupported(place.chat, "Bob sent a dice roll")
    event = await place.shown("Bob sent a dice roll")
    assert (event["sender"], event["content"]["msgtype"]) == (place.ghost(bob.user), "m.notice")


async def test_what_nobody_knows_is_its_body_on_the_network(place):
    await place.alice.say(place.room, "Alice rolled 6", msgtype="org.example.dice")
    assert (await place.told("Alice rolled 6")).content.kind is MessageKind.TEXT


async def test_what_is_for_programs_only_is_told_to_its_sender(place):
    await place.alice.say(place.room, "?", msgtype="m.key.verification.request")
    notice = await place.notice("not bridged")
    assert notice["content"]["m.relates_to"]["m.in_reply_to"]["event_id"]
    assert place.acted(Message) == []


async def test_an_edit_that_the_network_lacks_is_a_new_message(bare):
    event, _ = await bare.from_alice("teh text")
    await bare.alice.edit(bare.room, event, "the text")
    await bare.told("* the text")
    await bare.notice("cannot change messages")
    assert bare.acted(Edit) == []


async def test_a_deletion_that_the_network_lacks_is_told(bare):
    event, message = await bare.from_alice("oops")
    await bare.alice.redact(bare.room, event)
    await bare.notice("cannot take messages back")
    assert not bare.over_there.messages[message].deleted
    assert bare.over_there.texts() == ["oops"]


async def test_a_mention_and_formatting_need_nothing_of_the_network(bare):
    bob = bare.someone()
    await bare.from_bob(bob)
    html = f'<b>hey</b> <a href="https://matrix.to/#/{bare.ghost(bob.user)}">Bob</a>'
    await bare.alice.say(bare.room, "hey Bob", html=html)
    assert (await bare.told("hey Bob")).content.kind is MessageKind.TEXT
