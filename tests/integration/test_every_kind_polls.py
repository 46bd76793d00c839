"""Polls and places, both ways, on a real Synapse."""

from __future__ import annotations

import pytest

from bridgekit.events import Location, MessageKind, Poll, Vote
from tests.integration.synapse_rig import relation

pytestmark = [pytest.mark.synapse, pytest.mark.asyncio(loop_scope="session")]

POLL = "org.matrix.msc3381.poll"
STABLE = pytest.mark.parametrize("stable", [False, True], ids=["unstable", "stable"])


@STABLE
async def test_a_poll_a_vote_and_its_end_to_the_network(place, stable):
    poll = await place.alice.poll(place.room, "Tea?", "yes", "no", stable=stable)
    told = await place.told("Tea?")
    assert told.content == Poll("Tea?", ("yes", "no"))
    await place.alice.vote(place.room, poll, 1, stable=stable)
    await place.until(lambda: place.acted(Vote))
    assert place.acted(Vote) == [Vote(told.id, (1,))]
    await place.alice.vote(place.room, poll, 0, stable=stable)
    await place.until(lambda: list(told.votes.values()) == [(0,)])
    await place.alice.end_poll(place.room, poll, stable=stable)
    await place.until(lambda: told.content.closed)


async def test_a_poll_a_vote_and_its_end_to_matrix(place):
    bob, carol = place.someone(), place.someone("carol")
    await bob.poll(place.chat, "Tea?", "yes", "no", id="p1")
    poll = await place.seen(lambda event: event["type"] == f"{POLL}.start")
    start = poll["content"][f"{POLL}.start"]
    assert poll["sender"] == place.ghost(bob.user)
    assert start["question"]["body"] == "Tea?"
    assert [one["org.matrix.msc1767.text"] for one in start["answers"]] == ["yes", "no"]
    await carol.vote(place.chat, "p1", 1)
    vote = await place.seen(lambda event: event["type"] == f"{POLL}.response")
    assert vote["sender"] == place.ghost(carol.user)
    assert vote["content"][f"{POLL}.response"] == {"answers": [start["answers"][1]["id"]]}
    assert relation(vote) == {"rel_type": "m.reference", "event_id": poll["event_id"]}
    ended = Poll("Tea?", ("yes", "no"), closed=True, stamp="2")
    await bob.does(place.chat, ended, id="p1")
    end = await place.seen(lambda event: event["type"] == f"{POLL}.end")
    assert relation(end) == {"rel_type": "m.reference", "event_id": poll["event_id"]}


async def test_a_vote_on_a_poll_of_the_other_side_both_ways(place):
    bob = place.someone()
    poll = await place.alice.poll(place.room, "Tea?", "yes", "no")
    told = await place.told("Tea?")
    await bob.vote(place.chat, told.id, 0)
    vote = await place.seen(lambda event: event["type"] == f"{POLL}.response")
    assert vote["content"][f"{POLL}.response"] == {"answers": ["0"]}
    assert relation(vote)["event_id"] == poll
    await bob.poll(place.chat, "Cake?", "yes", "no", id="p2")
    asked = await place.seen(lambda event: "Cake?" in str(event["content"]))
    await place.alice.vote(place.room, asked["event_id"], 1)
    await place.until(lambda: Vote("p2", (1,)) in place.acted(Vote))


async def test_a_place_to_the_network(place):
    await place.alice.send_location(place.room, 52.5, 13.4, "Berlin")
    assert (await place.told("Berlin")).content == Location(52.5, 13.4, "Berlin")


async def test_a_place_to_matrix(place):
    bob = place.someone()
    await bob.locate(place.chat, 52.5, 13.4, "Berlin")
    content = (await place.seen(lambda e: e["content"].get("msgtype") == "m.location"))["content"]
    assert content["geo_uri"] == "geo:52.5000000,13.4000000"
    assert content["org.matrix.msc3488.location"]["description"] == "Berlin"


async def test_a_poll_that_the_network_lacks_is_text(bare):
    poll = await bare.alice.poll(bare.room, "Tea?", "yes", "no")
    await bare.told("Poll: Tea?\n1. yes\n2. no")
    await bare.notice("has no polls: yours was sent as text")
    await bare.alice.vote(bare.room, poll, 1)
    await bare.notice("has no polls.")
    await bare.alice.end_poll(bare.room, poll)
    assert (await bare.told("ended the poll: Tea?")).content.kind is MessageKind.EMOTE
    assert bare.acted(Vote) == []


async def test_a_place_that_the_network_lacks_is_a_line_with_a_map(bare):
    await bare.alice.send_location(bare.room, 52.5, 13.4, "Berlin")
    await bare.until(lambda: bare.over_there.messages)
    (text,) = bare.over_there.texts()
    assert text.startswith("shared a location: Berlin (52.500000, 13.400000) https://")
    await bare.notice("cannot show places")
