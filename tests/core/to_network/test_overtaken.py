"""A network tells how a chat is, as on a connect: older than what people on Matrix have changed."""

from __future__ import annotations

import pytest

from bridgekit.events import ChatChange, Membership, RemoteEvent
from bridgekit.facts import Chat, ChatInfo, Member, Rank
from bridgekit.ids import ChatID, RemoteUserID
from bridgekit.lanes.journey import millis
from bridgekit.membership import powers as module
from bridgekit.models import lane_to_matrix
from bridgekit.testing.loopback.faults import only

BOB, CAROL = "@loop_bob:example.org", "@loop_carol:example.org"
LEVELS, TOPIC = "m.room.power_levels", "m.room.topic"


@pytest.fixture
async def ruled(stage, monkeypatch):
    """Alice may do everything in the room, where the network's bob is, too."""
    monkeypatch.setattr(module, "SPACING", 0.0)
    await stage.begin()
    levels = await stage.parts.intents.state(stage.room, LEVELS)
    users = {**levels["users"], stage.alice.user_id: 100}
    await stage.parts.intents.set_state(stage.room, LEVELS, {**levels, "users": users})
    await stage.network.say("#room", "bob", "here", id="here")
    await stage.alice.wait_for(stage.room, lambda event: event["content"].get("body") == "here")
    await stage.alice.say(stage.room, "hello")
    await stage.ended()
    return stage


async def told(stage, **info):
    """The network tells of its chat; nobody did anything."""
    change = ChatChange(ChatInfo(**info))
    await stage.network.deliver(RemoteEvent(Chat(ChatID("#room")), None, change))


async def set_in_room(stage, kind, key, value):
    """Return once the room has it."""
    await stage.alice.wait_for(
        stage.room, lambda event: event["type"] == kind and event["content"].get(key) == value
    )


async def topic(stage):
    """What it is once all that was told is worked on."""
    (portal,) = await stage.parts.portals.in_room(stage.room)
    await stage.parts.queue.idle(lane_to_matrix(portal.id))
    return (await stage.alice.state(stage.room, TOPIC))["topic"]


async def listed(stage, bob):
    """A list of members, and what it made of Bob's level; Carol's says when it is worked on."""
    members = (
        Member(RemoteUserID("bob"), rank=bob),
        Member(RemoteUserID("carol"), rank=Rank.OWNER),
    )
    await told(stage, members=members)
    await stage.alice.wait_for(
        stage.room,
        lambda event: event["type"] == LEVELS and event["content"]["users"].get(CAROL) == 95,
    )
    return (await stage.alice.state(stage.room, LEVELS))["users"].get(BOB, 0)


def rank_there(stage):
    return stage.network.chat("#room").members.get(RemoteUserID("bob"))


async def test_a_topic_on_its_way_to_the_network_is_not_overwritten_by_what_nobody_did(ruled, gate):
    hold = gate()
    ruled.network.before.append(only(hold, ChatChange))
    await ruled.alice.set_topic(ruled.room, "Soup")
    await hold.reached.wait()
    await told(ruled, topic="Roses", name="Kitchen")
    await set_in_room(ruled, "m.room.name", "name", "Kitchen")
    assert await topic(ruled) == "Soup"
    hold.open()
    await ruled.network.wait(lambda: ruled.network.chat("#room").topic == "Soup")


async def test_a_topic_that_somebody_sets_there_is_news_whatever_is_on_its_way(ruled, gate):
    hold = gate()
    ruled.network.before.append(only(hold, ChatChange))
    await ruled.alice.set_topic(ruled.room, "Soup")
    await hold.reached.wait()
    await ruled.network.person("bob").retopic("#room", "Roses")
    await set_in_room(ruled, TOPIC, "topic", "Roses")
    hold.open()


async def test_a_topic_that_reached_the_network_after_it_told_another_stays(ruled):
    held = ruled.hs.delay("PUT", "/send/", times=1)
    await ruled.network.say("#room", "bob", "slowly", id="slowly")
    await held.reached.wait()
    await told(ruled, topic="Roses", name="Kitchen")
    await ruled.alice.set_topic(ruled.room, "Soup")
    await ruled.network.wait(lambda: ruled.network.chat("#room").topic == "Soup")
    await ruled.ended(2)
    held.release()
    await set_in_room(ruled, "m.room.name", "name", "Kitchen")
    assert await topic(ruled) == "Soup"


async def test_what_the_network_tells_of_itself_is_set_where_nobody_was_faster(ruled):
    await ruled.alice.set_topic(ruled.room, "Soup")
    await ruled.network.wait(lambda: ruled.network.chat("#room").topic == "Soup")
    *_, soup = await ruled.ended(2)
    await ruled.until(lambda: millis(ruled.rig.clock) > soup.finished_at)  # else it counts as older
    await told(ruled, topic="Roses")
    await set_in_room(ruled, TOPIC, "topic", "Roses")


async def test_a_rank_on_its_way_to_the_network_is_not_put_back_by_a_list_of_members(ruled, gate):
    hold = gate()
    ruled.network.before.append(only(hold, Membership))
    await ruled.alice.set_power(ruled.room, BOB, 10)
    await hold.reached.wait()
    assert await listed(ruled, Rank.MODERATOR) == 10
    hold.open()
    await ruled.network.wait(lambda: rank_there(ruled) is Rank.VOICE)


async def test_a_rank_that_was_set_for_somebody_on_matrix_is_no_news_in_a_list(ruled):
    await ruled.alice.set_power(ruled.room, BOB, 50)
    await ruled.network.wait(lambda: rank_there(ruled) is Rank.MODERATOR)
    await ruled.ended(2)
    ruled.hs.hold()
    await ruled.alice.set_power(ruled.room, BOB, 0)
    assert await listed(ruled, Rank.MODERATOR) == 0
    ruled.hs.release()
    await ruled.network.wait(lambda: rank_there(ruled) is Rank.MEMBER)
