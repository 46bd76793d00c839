"""A chat that is for invited people only closes its room, and opens it again; no other room."""

from __future__ import annotations

import pytest

from bridgekit.configuration.settings import ChatLink
from bridgekit.events import ChatChange, RemoteEvent
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import ChatID
from bridgekit.models import lane_to_matrix, lane_to_network
from bridgekit.testing.homeserver.connection import path_of
from bridgekit.testing.loopback import LoopbackClient

RULES = "m.room.join_rules"


async def rule_after(stage, *, closed):
    """Who may join once the network has said whether the chat is closed."""
    change = ChatChange(ChatInfo(by_invitation=closed))
    await stage.network.deliver(RemoteEvent(Chat(ChatID("#room")), None, change))
    (portal,) = await stage.parts.portals.in_room(stage.room)
    await stage.parts.queue.idle(lane_to_matrix(portal.id))
    return (await stage.alice.state(stage.room, RULES))["join_rule"]


@pytest.fixture
async def begun(stage):
    await stage.begin()
    return stage


async def test_a_room_is_closed_with_its_chat_and_opened_again(begun):
    assert await rule_after(begun, closed=False) == "public"
    assert await rule_after(begun, closed=True) == "invite"
    assert await rule_after(begun, closed=False) == "public"


async def test_no_name_leads_to_a_room_that_is_closed(begun):
    """An alias that is not the bridge's, or of another network, is not the bridge's to take."""
    world = begun.hs.world
    await begun.parts.intents.add_alias("#loop_other:example.org", begun.room)
    path = path_of("directory", "room", "#tea:example.org")
    await begun.alice.request("PUT", path, {"room_id": begun.room})
    await rule_after(begun, closed=True)
    assert world.aliases_of(begun.room) == ["#tea:example.org"]


async def test_a_room_that_people_closed_stays_closed(begun):
    await begun.parts.intents.set_state(begun.room, RULES, {"join_rule": "knock"})
    assert await rule_after(begun, closed=False) == "knock"


async def test_a_room_that_people_closed_in_their_own_way_is_not_closed_in_ours(begun):
    await begun.parts.intents.set_state(begun.room, RULES, {"join_rule": "knock"})
    assert await rule_after(begun, closed=True) == "knock"
    assert await rule_after(begun, closed=False) == "knock"


# Closed from Matrix.


async def ruled(stage, *rules):
    """Alice sets these in a room of hers; what the network was told of who may come in."""
    room = await stage.alice.create_room(invite=["@bridgebot:example.org"], preset="public_chat")
    stage.room = room
    stage.rig.links = (ChatLink(chat="#room", room=room),)
    await stage.start()
    await stage.stored("SELECT * FROM portal WHERE state = 'bound'", 1)
    await stage.alice.say(room, "hello")
    await stage.heard("hello")
    for rule in rules:
        await stage.alice.set_state(room, RULES, {"join_rule": rule})
    await stage.alice.say(room, "over")
    await stage.heard("hello", "over")
    (portal,) = await stage.parts.portals.in_room(room)
    await stage.parts.queue.idle(lane_to_network(portal.id))
    changes = (one.event.content for one in stage.network.acts)
    return [one.info.by_invitation for one in changes if isinstance(one, ChatChange)]


async def test_who_closes_the_room_closes_the_chat_and_opens_it_again(stage, monkeypatch):
    monkeypatch.setattr(LoopbackClient, "entry", True, raising=False)
    assert await ruled(stage, "invite", "knock", "public") == [True, False]


async def test_a_network_without_such_chats_is_not_asked(stage):
    assert await ruled(stage, "invite", "public") == []
    assert await stage.notices() == []
