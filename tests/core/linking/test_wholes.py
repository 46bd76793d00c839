"""Chats that are parts of others: they get rooms, which the people of the whole find and enter."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace

import pytest

from bridgekit.configuration.settings import ChatLink, RoomsSettings
from bridgekit.errors import RetryLater
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import ChatID, MessageID, PortalID, PortalKey, RemoteUserID
from bridgekit.models import Direction, Portal, PortalState, lane_to_matrix
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.room.wholes import Wholes
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.homeserver import MatrixError
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import ALIAS

TEA = Chat(ChatID("#room/tea"), parent=ChatID("#room"))
TOLD = re.compile(r"^A part of this chat has a room of its own: .*/(![^?]+)\?via=example\.org$")


async def say(rig, text, chat=TEA):
    said = Message(from_plain(text))
    await rig.network.deliver(RemoteEvent(chat, RemoteUserID("bob"), said, MessageID(text)))


async def part_of(alice, room):
    """The room of the part, by what the room of the whole was told."""
    async with asyncio.timeout(60):
        event = await alice.wait_for(room, lambda one: TOLD.match(one["content"].get("body", "")))
    return TOLD.match(event["content"]["body"])[1]


async def heard(alice, room, text):
    async with asyncio.timeout(60):
        await alice.wait_for(room, lambda one: one["content"].get("body") == text)


def count(rig, reason):
    return rig.bridge.parts.status.counts[NETWORK, Direction.TO_MATRIX, reason]


async def test_a_part_gets_a_room_that_the_people_of_the_whole_are_told_of_and_may_enter(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await say(rig, "green")
    part = await part_of(alice, room)
    with pytest.raises(MatrixError, match="not invited"):
        await rig.hs.person("mallory").join(part)
    await alice.join(part)
    await heard(alice, part, "green")
    await alice.say(part, "black")
    await rig.network.wait(lambda: "black" in rig.network.texts(TEA.id))
    await say(rig, "in the whole", Chat(ChatID("#room")))
    await heard(alice, room, "in the whole")
    assert "green" not in await alice.bodies(room)


async def test_a_part_of_a_chat_that_is_not_bridged_has_none(rig):
    await rig.start()
    await say(rig, "green", Chat(ChatID("#other/tea"), parent=ChatID("#other")))
    assert count(rig, Reason.NOT_LINKED) == 1


async def test_a_part_goes_the_way_of_its_whole(rig):
    rig.links = (ChatLink(chat="#room", direction="to_network"),)
    await rig.start()
    await say(rig, "green")
    assert count(rig, Reason.ONE_WAY) == 1


async def test_a_part_is_told_of_once_also_if_that_failed_when_its_room_was_made(rig, monkeypatch):
    tell, tries = Wholes.tell, []

    async def interrupted(self, *about):
        tries.append(about)
        if len(tries) == 1:
            raise RetryLater("not now", after=0.01)
        await tell(self, *about)

    monkeypatch.setattr(Wholes, "tell", interrupted)
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await say(rig, "green")
    part = await part_of(alice, room)
    await alice.join(part)
    await say(rig, "black")
    await heard(alice, part, "black")
    assert len(tries) == 2  # once the room is there, only what was begun before asks
    assert sum(bool(TOLD.match(body)) for body in await alice.bodies(room)) == 1
    monkeypatch.setattr(rig.bridge.parts.status, "notice", None)  # nothing is said, nor looked for
    (portal,) = await rig.bridge.parts.portals.in_room(part)
    await rig.bridge.parts.matrix.rooms.wholes.tell(portal, TEA)


async def test_a_part_whose_whole_is_unlinked_while_its_first_word_waits_gets_no_room(
    rig, monkeypatch
):
    """It would be open to everybody: nobody could tell who may enter."""
    room_of, tried, gone = Wholes.room, asyncio.Event(), asyncio.Event()

    async def not_yet(self, portal, chat):
        tried.set()
        if not gone.is_set():
            raise RetryLater("Many rooms were made just now", after=0.01)
        return await room_of(self, portal, chat)

    monkeypatch.setattr(Wholes, "room", not_yet)
    await rig.start()
    room = await rig.hs.person("alice").join(ALIAS)
    await say(rig, "green")
    async with asyncio.timeout(60):
        await tried.wait()
    parts = rig.bridge.parts
    (whole,) = await parts.portals.in_room(room)
    await parts.matrix.rooms.unlinking.unlink(whole)
    gone.set()
    part = await parts.portals.find(PortalKey(NETWORK, TEA.id))
    async with asyncio.timeout(60):
        await parts.queue.idle(lane_to_matrix(part.id))
    assert (await parts.portals.get(part.id)).room is None
    assert count(rig, Reason.NOT_LINKED) == 1


async def test_a_room_version_without_such_rooms_has_closed_ones(rig):
    rig.settings["rooms"] = RoomsSettings(version="7")
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await say(rig, "green")
    part = await part_of(alice, room)
    assert rig.hs.world.rooms[part].content("m.room.join_rules") == {"join_rule": "invite"}
    with pytest.raises(MatrixError, match="not invited"):
        await rig.hs.person("mallory").join(part)


async def test_a_part_whose_room_was_begun_before_its_whole_was_unlinked_gets_a_closed_one(rig):
    """Killed in the very middle of making it: the homeserver may have it already."""
    await rig.start()
    parts = rig.bridge.parts
    room = await rig.hs.person("alice").join(ALIAS)
    portal = await parts.portals.want(await parts.portals.ensure(PortalKey(NETWORK, TEA.id)))
    await parts.portals.creating(portal)
    (whole,) = await parts.portals.in_room(room)
    await parts.matrix.rooms.unlinking.unlink(whole)
    await say(rig, "green")
    async with asyncio.timeout(60):
        await parts.queue.idle(lane_to_matrix(portal.id))
    part = await parts.portals.get(portal.id)
    rules = rig.hs.world.rooms[part.room].content("m.room.join_rules")
    assert rules == {"join_rule": "invite"}


async def test_a_room_that_was_left_half_made_is_no_more_open_than_a_whole_one(rig):
    await rig.start()
    parts = rig.bridge.parts
    making = parts.matrix.rooms.making
    portal = await parts.portals.ensure(PortalKey(NETWORK, TEA.id))
    content = making._content(portal, ChatInfo(), (), "d", "!whole")
    rules = [one for one in content["initial_state"] if one["type"] == "m.room.join_rules"]
    content["initial_state"] = [one for one in content["initial_state"] if one not in rules]
    room = await parts.intents.create_room(content)
    state = rig.hs.world.rooms[room].state
    del state["m.room.join_rules", ""]
    content["initial_state"] += rules
    await making._complete(room, content)
    assert state["m.room.join_rules", ""].content["join_rule"] == "restricted"


async def test_rooms_of_parts_are_made_only_so_fast_and_none_before_that_of_the_whole():
    clock, key = VirtualClock(), PortalKey(NETWORK, TEA.id)
    whole = Portal(PortalID(1), key._replace(chat=TEA.parent), PortalState.BOUND, "!room")

    async def known(*_):
        return whole

    wholes = Wholes(SimpleNamespace(whole=known), None, None, "example.org", clock, None)
    part = Portal(PortalID(2), key)
    assert [await wholes.room(part, TEA) for _ in range(30)] == ["!room"] * 30
    with pytest.raises(RetryLater, match="Many rooms"):
        await wholes.room(part, TEA)
    await clock.advance(60)
    whole = Portal(PortalID(1), whole.key, PortalState.WANTED)
    with pytest.raises(RetryLater, match="no room yet"):
        await wholes.room(part, TEA)
