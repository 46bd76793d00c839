"""What refers to a message, both ways, on a real Synapse: answers, threads, reactions, pins."""

from __future__ import annotations

import pytest

from bridgekit.events import Message, Pin, Reaction
from bridgekit.richtext import Quote, Text
from tests.integration.synapse_rig import relation

pytestmark = [pytest.mark.synapse, pytest.mark.asyncio(loop_scope="session")]


async def test_a_reply_to_the_network(place):
    event, message = await place.from_bob(place.someone())
    await place.alice.reply(place.room, event, "indeed")
    assert (await place.told("indeed")).content.reply_to == message


async def test_a_reply_to_matrix(place):
    event, message = await place.from_alice()
    await place.someone().reply(place.chat, message, "indeed")
    answer = await place.shown("indeed")
    assert relation(answer) == {"m.in_reply_to": {"event_id": event}}
    assert answer["content"]["m.mentions"] == {"user_ids": [place.alice.user_id]}


async def test_a_thread_to_the_network(place):
    event, message = await place.from_bob(place.someone())
    first = await place.alice.thread(place.room, event, "one")
    await place.alice.thread(place.room, event, "two", reply_to=first)
    one, two = await place.told("one"), await place.told("two")
    assert (one.content.thread, one.content.reply_to) == (message, None)
    assert (two.content.thread, two.content.reply_to) == (message, one.id)


async def test_a_thread_to_matrix(place):
    event, message = await place.from_alice()
    bob = place.someone()
    await bob.thread(place.chat, message, "one")
    await bob.thread(place.chat, message, "two")
    one, two = await place.shown("one"), await place.shown("two")
    for answer, latest in ((one, event), (two, one["event_id"])):
        assert relation(answer) == {
            "rel_type": "m.thread",
            "event_id": event,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": latest},
        }
    root = await place.alice.event(place.room, event)
    assert root["unsigned"]["m.relations"]["m.thread"]["count"] == 2


async def test_a_quote_to_the_network(place):
    event, message = await place.from_bob(place.someone(), "many words")
    await place.alice.quote(place.room, "many", "why?", of=event)
    await place.until(lambda: len(place.acted(Message)) == 1)
    (said,) = place.acted(Message)
    assert said.reply_to == message
    assert isinstance(said.text[0], Quote)


async def test_a_quote_to_matrix(place):
    _, message = await place.from_alice("many words")
    quoting = Message((Text("why?"),), reply_to=message, quote=(Text("many"),))
    await place.someone().does(place.chat, quoting)
    said = await place.seen(lambda event: "why?" in event["content"].get("body", ""))
    assert said["content"]["formatted_body"].startswith("<blockquote>many</blockquote>")
    assert "m.in_reply_to" in relation(said)


async def test_what_is_forwarded_names_its_author_on_matrix(place):
    """Matrix has nothing that says so: towards a network it is a text as any other."""
    message = Message((Text("old news"),), forwarded_from="Carol")
    await place.someone().does(place.chat, message)
    said = await place.seen(lambda event: "old news" in event["content"].get("body", ""))
    assert said["content"]["body"].startswith("Forwarded from Carol")


async def test_a_reaction_and_its_removal_to_the_network(place):
    event, message = await place.from_bob(place.someone())
    reaction = await place.alice.react(place.room, event, "👍")
    told = place.over_there.messages[message]
    await place.until(lambda: set(told.reactions) == {"👍"})
    await place.alice.redact(place.room, reaction)
    await place.until(lambda: told.reactions == {})
    assert place.acted(Reaction) == [
        Reaction(message, "👍"),
        Reaction(message, "👍", removed=True),
    ]


async def test_a_reaction_and_its_removal_to_matrix(place):
    event, message = await place.from_alice()
    bob = place.someone()
    await bob.react(place.chat, message, "❤️")
    reaction = await place.seen(lambda event: event["type"] == "m.reaction")
    assert reaction["sender"] == place.ghost(bob.user)
    annotation = {"rel_type": "m.annotation", "event_id": event, "key": "❤️"}
    assert relation(reaction) == annotation
    await bob.unreact(place.chat, message, "❤️")
    await place.redacted(reaction["event_id"])


async def test_a_pin_and_its_removal_to_the_network(place):
    event, message = await place.from_bob(place.someone())
    await place.alice.pin(place.room, event)
    await place.until(lambda: place.over_there.pins == [message])
    await place.alice.unpin(place.room, event)
    await place.until(lambda: place.over_there.pins == [])


async def test_a_pin_and_its_removal_to_matrix(place):
    event, message = await place.from_alice()
    bob = place.someone()
    await bob.pin(place.chat, message)
    await place.became("m.room.pinned_events", lambda content: content["pinned"] == [event])
    await bob.unpin(place.chat, message)
    await place.became("m.room.pinned_events", lambda content: content["pinned"] == [])
    assert await place.alice.pinned(place.room) == []


async def test_a_reply_that_the_network_lacks_is_a_short_quote(bare):
    bob = bare.someone()
    event, _ = await bare.from_bob(bob, "shall we go?")
    await bare.alice.reply(bare.room, event, "yes")
    said = await bare.told(f"{bob.user.title()}: yes")
    assert said.content.reply_to is None
    await bare.notice("has no replies")


async def test_a_thread_that_the_network_lacks_is_a_reply(bare):
    bob = bare.someone()
    event, _ = await bare.from_bob(bob, "shall we go?")
    await bare.alice.thread(bare.room, event, "yes")
    said = await bare.told(f"{bob.user.title()}: yes")
    assert (said.content.reply_to, said.content.thread) == (None, None)
    await bare.notice("has no threads")


async def test_a_reaction_that_the_network_lacks_is_told_once_in_a_room(bare):
    event, _ = await bare.from_bob(bare.someone())
    await bare.alice.react(bare.room, event, "👍")
    await bare.notice("has no reactions")
    await bare.alice.react(bare.room, event, "❤️")
    await bare.from_alice("what comes after it")
    bodies = await bare.alice.bodies(bare.room)
    assert sum("has no reactions" in body for body in bodies) == 1
    assert bare.acted(Reaction) == []


async def test_a_pin_that_the_network_lacks_is_told(bare):
    event, _ = await bare.from_bob(bare.someone())
    await bare.alice.pin(bare.room, event)
    await bare.notice("cannot pin messages")
    assert bare.acted(Pin) == []
