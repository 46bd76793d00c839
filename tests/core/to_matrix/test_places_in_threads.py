"""Places, polls and lines of the network that answer something, or are in a thread."""

from __future__ import annotations

import pytest

from bridgekit.events import Location, Poll, Unsupported

POLL = "org.matrix.msc3381.poll.start"


@pytest.fixture
async def eye(rig, watch):
    await rig.start()
    return await watch(rig)


async def shown(rig, eye, *said):
    """The events of these, which bob does after he has said the message m1."""
    bob = rig.network.person("bob")
    await bob.say("#room", "root", id="m1")
    for number, content in enumerate(said, 2):
        await bob.does("#room", content, id=f"m{number}")
    await bob.say("#room", "end", id="last")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    await eye.settled()
    kinds = ("m.room.message", POLL)
    events = [event for event in await eye.alice.events(eye.room) if event["type"] in kinds]
    return events[0], events[1:-1]


async def test_each_is_in_its_thread_and_the_next_one_falls_back_to_it(rig, eye):
    root, events = await shown(
        rig,
        eye,
        Location(1.0, 2.0, thread="m1"),
        Poll("Tea?", ("a", "b"), thread="m1"),
        Unsupported("The topic was closed.", thread="m1"),
    )
    relations = [event["content"]["m.relates_to"] for event in events]
    assert {one["event_id"] for one in relations} == {root["event_id"]}
    assert {one["rel_type"] for one in relations} == {"m.thread"}
    latest = [one["m.in_reply_to"]["event_id"] for one in relations]
    assert latest == [root["event_id"], *(event["event_id"] for event in events[:-1])]


async def test_each_is_an_answer(rig, eye):
    root, events = await shown(
        rig,
        eye,
        Location(1.0, 2.0, reply_to="m1"),
        Poll("Tea?", ("a", "b"), reply_to="m1"),
        Unsupported("A game.", reply_to="m1"),
        Location(100.0, 2.0, reply_to="m1"),  # on no map
    )
    answered = [event["content"]["m.relates_to"]["m.in_reply_to"] for event in events]
    assert answered == [{"event_id": root["event_id"]}] * 4
