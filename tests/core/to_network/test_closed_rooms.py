"""A chat that is for invited people only closes its room, and opens it again; no other room."""

from __future__ import annotations

import pytest

from bridgekit.events import ChatChange, RemoteEvent
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import ChatID
from bridgekit.models import lane_to_matrix

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


async def test_a_room_that_people_closed_stays_closed(begun):
    await begun.parts.intents.set_state(begun.room, RULES, {"join_rule": "knock"})
    assert await rule_after(begun, closed=False) == "knock"
