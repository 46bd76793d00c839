"""Places, polls, votes, pins and lines for what nobody knows, as they show in the room."""

from __future__ import annotations

import pytest

from bridgekit.events import Location, Poll
from bridgekit.reasons import Reason

POLL = "org.matrix.msc3381.poll"


@pytest.fixture
async def eye(rig, watch):
    await rig.start()
    return await watch(rig)


@pytest.fixture
def bob(rig):
    return rig.network.person("bob")


async def events(eye, bob, *kinds):
    """The events of these types once everything was bridged."""
    await bob.say("#room", "end", id="last")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    await eye.settled()
    return [event for event in await eye.alice.events(eye.room) if event["type"] in kinds]


async def pinning_is_for_all(rig, eye):
    """Who is in the room may pin, as in most rooms of a few people."""
    bot = rig.hs.person("bridgebot")
    levels = await bot.state(eye.room, "m.room.power_levels")
    levels["events"] = {**levels.get("events", {}), "m.room.pinned_events": 0}
    await bot.set_state(eye.room, "m.room.power_levels", levels)


async def test_a_place_is_on_the_map(eye, bob):
    await bob.locate("#room", 52.52, -13.405, "Berlin", id="m1")
    event, _ = await events(eye, bob, "m.room.message")
    assert event["content"]["msgtype"] == "m.location"
    assert event["content"]["geo_uri"] == "geo:52.5200000,-13.4050000"
    assert "Berlin" in event["content"]["body"]


async def test_a_place_that_moves_replaces_itself_and_never_goes_back(eye, bob):
    for stamp, north in (("1", 1.0), ("3", 3.0), ("2", 2.0)):
        await bob.does("#room", Location(north, 0.0, live=True, stamp=stamp), id="m1")
    first, second, _ = await events(eye, bob, "m.room.message")
    assert second["content"]["m.relates_to"]["event_id"] == first["event_id"]
    assert second["content"]["m.new_content"]["geo_uri"].startswith("geo:3.0")
    assert eye.count(Reason.NO_CHANGE) == 1


async def test_a_poll_is_voted_on_by_each_person_and_ended(eye, bob, rig):
    await bob.poll("#room", "Tea?", "yes", "no", id="m1")
    await rig.network.person("carol").vote("#room", "m1", 1)
    await rig.network.person("carol").vote("#room", "m1")
    await bob.does("#room", Poll("Tea?", ("yes", "no"), closed=True, stamp="2"), id="m1")
    start, first, second, update, end = await events(
        eye, bob, f"{POLL}.start", f"{POLL}.response", f"{POLL}.end"
    )
    assert [answer["id"] for answer in start["content"][f"{POLL}.start"]["answers"]] == ["0", "1"]
    assert first["sender"] == "@loop_carol:example.org"
    assert first["content"][f"{POLL}.response"] == {"answers": ["1"]}
    assert second["content"][f"{POLL}.response"] == {"answers": []}
    assert update["content"]["m.relates_to"]["rel_type"] == "m.replace"
    assert end["type"] == f"{POLL}.end"
    assert end["content"]["m.relates_to"]["event_id"] == start["event_id"]


@pytest.mark.parametrize("stable", [False, True])
async def test_a_vote_on_a_poll_of_matrix_names_its_answers(eye, bob, rig, stable):
    poll = await eye.alice.poll(eye.room, "Tea?", "yes", "no", stable=stable)
    await rig.network.wait(lambda: rig.network.acts)
    await bob.vote("#room", "sent-0", 1)
    (vote,) = await events(eye, bob, f"{POLL}.response")
    assert vote["content"][f"{POLL}.response"] == {"answers": ["1"]}
    assert vote["content"]["m.relates_to"]["event_id"] == poll


async def test_a_pin_is_one_of_those_that_people_have_set(eye, bob, rig):
    mine = await eye.alice.say(eye.room, "mine")
    await pinning_is_for_all(rig, eye)
    await eye.alice.pin(eye.room, mine)
    await bob.say("#room", "hello", id="m1")
    await bob.pin("#room", "m1")
    await bob.pin("#room", "m1")
    await bob.say("#room", "one", id="m2")
    _, first, *_ = await events(eye, bob, "m.room.message")
    assert await eye.alice.pinned(eye.room) == [mine, first["event_id"]]
    await bob.unpin("#room", "m1")
    await bob.say("#room", "two", id="m3")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "two")
    await eye.settled()
    assert await eye.alice.pinned(eye.room) == [mine]
    assert eye.count(Reason.NO_CHANGE) == 1


async def test_what_nobody_knows_is_a_line(eye, bob):
    await bob.unsupported("#room", "bob plays a game", id="m1")
    event, _ = await events(eye, bob, "m.room.message")
    assert event["content"]["msgtype"] == "m.notice"
    assert event["content"]["body"] == "bob plays a game"


async def test_a_chat_that_is_renamed_renames_its_room(eye, bob):
    await bob.rename_chat("#room", "Tea room")
    await bob.retopic("#room", "all about tea")
    await events(eye, bob)
    assert (await eye.alice.state(eye.room, "m.room.name"))["name"] == "Tea room"
    assert (await eye.alice.state(eye.room, "m.room.topic"))["topic"] == "all about tea"


async def test_a_chat_that_moved_keeps_its_room_under_both_ids(eye, bob, rig):
    await bob.say("#room", "before", id="m1")
    await bob.move("#room", "#new")
    await bob.say("#new", "after", id="m2")
    await bob.say("#room", "late", id="m3")
    await eye.sees("before", "after", "late")
    await eye.alice.say(eye.room, "hello")
    await rig.network.wait(lambda: rig.network.heard)
    assert rig.network.heard[-1].chat == "#new"
    await rig.stop()
    await rig.start()
    await bob.say("#room", "much later", id="m4")
    await eye.alice.wait_for(eye.room, lambda e: e["content"].get("body") == "much later")


async def test_a_chat_that_moves_to_one_with_a_room_of_its_own_stays_and_is_reported(rig, watch):
    rig.link("#other")
    await rig.start()
    eye, other = await watch(rig), await watch(rig, "#other")
    bob = rig.network.person("bob")
    await bob.say("#other", "there", id="m1")
    await bob.move("#room", "#other")
    await bob.say("#room", "here", id="m2")
    await eye.sees("here")
    await other.sees("there")
    assert eye.count(Reason.CHAT_MOVED) == 1
