"""What was on its way when a chat was unlinked: it ends, and brings neither room nor ghost back."""

from __future__ import annotations

import asyncio

from bridgekit.events import MemberState
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, RemoteUserID
from bridgekit.models import PortalState, lane_to_matrix
from bridgekit.reasons import Reason
from bridgekit.supports import SupportsMembers
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import ALIAS, BOT, CREATE, both_ways

BOB = "@loop_bob:example.org"


async def linked(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await both_ways(rig, alice, room)
    (portal,) = await rig.bridge.parts.portals.in_room(room)
    return alice, room, portal


async def test_what_waits_while_its_chat_is_unlinked_makes_no_new_room(rig):
    _, _, portal = await linked(rig)
    fault = rig.hs.fail("PUT", "/send/m.room.message", status=500, times=None)
    await rig.network.say("#room", "bob", "two", id="m2")
    await rig.network.say("#room", "bob", "three", id="m3")
    made = rig.hs.requests[CREATE]
    parts = rig.bridge.parts
    await parts.matrix.rooms.unlinking.unlink(portal)
    fault.clear()
    async with asyncio.timeout(60):
        await parts.queue.idle(lane_to_matrix(portal.id))
    assert rig.hs.requests[CREATE] == made
    assert (await parts.portals.get(portal.id)).state is PortalState.NEW
    unlinked = sum(n for key, n in parts.status.counts.items() if key[2] is Reason.NOT_LINKED)
    assert unlinked >= 1


async def test_a_ghost_that_speaks_while_its_chat_is_unlinked_leaves_again(rig):
    alice, room, portal = await linked(rig)
    await rig.network.say("#room", "carol", "carol", id="carol")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "carol")
    intents = rig.bridge.parts.intents
    leave, gone = intents.leave, []

    async def and_speak(user, where, reason=""):
        await leave(user, where, reason)
        if not gone:
            gone.append(user)
            name = user.removeprefix("@loop_").partition(":")[0]
            await rig.network.say("#room", name, "meanwhile", id="meanwhile")
            await alice.wait_for(room, lambda e: e["content"].get("body") == "meanwhile")

    intents.leave = and_speak
    await rig.bridge.parts.matrix.rooms.unlinking.unlink(portal)
    members = rig.hs.world.rooms[room]
    assert gone
    assert {members.membership(one) for one in (BOB, "@loop_carol:example.org")} == {"leave"}


async def test_a_ghost_that_was_joining_when_its_chat_was_unlinked_leaves_again(rig):
    _, room, portal = await linked(rig)
    gate = rig.hs.delay("POST", "/join/")
    await rig.network.say("#room", "carol", "too late", id="carol")
    await gate.reached.wait()
    parts = rig.bridge.parts
    await parts.matrix.rooms.unlinking.unlink(portal)
    gate.release()
    async with asyncio.timeout(60):
        await parts.queue.idle(lane_to_matrix(portal.id))
    assert rig.hs.world.rooms[room].membership("@loop_carol:example.org") == "leave"
    known = await parts.matrix.members._where.known(portal.id, RemoteUserID("carol"))
    assert known is not MemberState.JOIN


async def test_who_left_with_an_unlinked_chat_is_there_again_where_it_is_linked_next(rig):
    rig.network.lacks |= {SupportsMembers}
    alice, _, portal = await linked(rig)
    parts = rig.bridge.parts
    intents, members = parts.intents, parts.matrix.members
    leave = intents.leave

    async def and_be_told(user, where, reason=""):
        """The homeserver says so before the unlinking is over."""
        await leave(user, where, reason)
        await rig.hs.pushed()
        await parts.matrix.inbox.drained()
        async with asyncio.timeout(60):
            while members.busy:
                await settle()

    intents.leave = and_be_told
    await parts.matrix.rooms.unlinking.unlink(portal)
    other = await alice.create_room(invite=[BOT], preset="public_chat", room_version="11")
    await parts.matrix.rooms.linking.link(NETWORK, Chat(ChatID("#room")), other)
    await rig.hs.wait_for(lambda: rig.hs.world.rooms[other].membership(BOB) == "join")
