"""Rooms are linked and unlinked by hand; several chats may share a room."""

from __future__ import annotations

import pytest

from bridgekit.errors import Rejected
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, NetworkName, RoomID
from bridgekit.models import PortalState
from bridgekit.room.bridge_info import KINDS
from bridgekit.room.portals import AlreadyLinked
from bridgekit.testing.rig import NETWORK, Rig
from tests.core.linking.conftest import ALIAS, BOT, both_ways

ROOM = Chat(ChatID("#room"))


async def own_room(rig, alice):
    rig.links = ()
    await rig.start()
    room = await alice.create_room(invite=[BOT], preset="public_chat")
    return RoomID(room)


async def test_a_room_is_linked_by_hand_and_unlinked_again(rig):
    alice = rig.hs.person("alice")
    room = await own_room(rig, alice)
    linking = rig.bridge.parts.matrix.rooms.linking
    await alice.set_power(room, BOT, 100)
    portal = await linking.link(NETWORK, ROOM, room)
    await both_ways(rig, alice, room)
    state = rig.hs.world.rooms[room]
    await rig.hs.wait_for(lambda: any(kind == "m.bridge" for kind, _ in state.state))
    await rig.bridge.parts.matrix.rooms.unlinking.unlink(portal)
    assert state.membership("@loop_bob:example.org") == "leave"
    assert [event.content for (kind, _), event in state.state.items() if kind in KINDS] == [{}, {}]
    after = await rig.bridge.parts.portals.get(portal.id)
    assert (after.state, after.room) == (PortalState.NEW, None)
    await rig.network.say("#room", "bob", "nobody hears", id="m3")
    await alice.say(room, "nobody either")
    await rig.hs.pushed()
    assert "nobody hears" not in await alice.bodies(room)
    assert "nobody either" not in rig.network.texts("#room")


async def test_what_was_bridged_once_is_not_brought_again_by_a_new_link(rig):
    alice = rig.hs.person("alice")
    room = await own_room(rig, alice)
    linking = rig.bridge.parts.matrix.rooms.linking
    portal = await linking.link(NETWORK, ROOM, room)
    await both_ways(rig, alice, room)
    await rig.bridge.parts.matrix.rooms.unlinking.unlink(portal)
    await rig.bridge.parts.matrix.rooms.unlinking.unlink(portal)
    await linking.link(NETWORK, ROOM, room)
    await rig.network.say("#room", "bob", "from the network", id="both-ways")
    await rig.network.say("#room", "bob", "something new", id="m3")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "something new")
    assert (await alice.bodies(room)).count("from the network") == 1


async def test_a_chat_of_no_network_is_not_linked(rig):
    room = await own_room(rig, rig.hs.person("alice"))
    with pytest.raises(Rejected, match="shared chat of a configured network"):
        await rig.bridge.parts.matrix.rooms.linking.link(NetworkName("other"), ROOM, room)


async def test_a_chat_that_is_linked_is_linked_to_no_other_room(rig):
    alice = rig.hs.person("alice")
    room = await own_room(rig, alice)
    linking = rig.bridge.parts.matrix.rooms.linking
    await linking.link(NETWORK, ROOM, room)
    other = RoomID(await alice.create_room(invite=[BOT]))
    with pytest.raises(AlreadyLinked):
        await linking.link(NETWORK, ROOM, other)


async def test_an_unlinked_room_of_ours_loses_its_alias(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await both_ways(rig, alice, room)
    (portal,) = await rig.bridge.parts.portals.in_room(room)
    await rig.bridge.parts.matrix.rooms.unlinking.unlink(portal)
    assert ALIAS not in rig.hs.world.aliases
    assert await rig.bridge.parts.portals.in_room(room) == ()


async def test_two_chats_in_one_room_hear_each_other_and_never_themselves(rig):
    alice = rig.hs.person("alice")
    room = await own_room(rig, alice)
    linking = rig.bridge.parts.matrix.rooms.linking
    for chat in ("#one", "#two"):
        await linking.link(NETWORK, Chat(ChatID(chat)), room)
    await rig.network.say("#one", "bob", "from one", id="o1")
    await rig.network.wait(lambda: any("from one" in text for text in rig.network.texts("#two")))
    await rig.network.say("#two", "carol", "from two", id="t1")
    await rig.network.wait(lambda: any("from two" in text for text in rig.network.texts("#one")))
    await alice.say(room, "from matrix")
    for chat in ("#one", "#two"):
        await rig.network.wait(lambda chat=chat: "from matrix" in rig.network.texts(chat))
    await rig.hs.pushed()
    assert not any("from one" in text for text in rig.network.texts("#one"))
    assert not any("from two" in text for text in rig.network.texts("#two"))
    assert sorted(await alice.bodies(room)) == ["from matrix", "from one", "from two"]


async def test_two_networks_in_one_room_hear_each_other_and_never_themselves(tmp_path, database):
    other = NetworkName("other")
    async with Rig(tmp_path, database=database, networks=(NETWORK, other)) as rig:
        alice = rig.hs.person("alice")
        room = await own_room(rig, alice)
        for network in (NETWORK, other):
            await rig.bridge.parts.matrix.rooms.linking.link(network, ROOM, room)
        here, there = rig.networks[NETWORK], rig.networks[other]
        await here.say("#room", "bob", "from here", id="h1")
        await there.wait(lambda: any("from here" in text for text in there.texts("#room")))
        await there.say("#room", "carol", "from there", id="t1")
        await here.wait(lambda: any("from there" in text for text in here.texts("#room")))
        await rig.hs.pushed()
        assert not any("from here" in text for text in here.texts("#room"))
        assert not any("from there" in text for text in there.texts("#room"))
        portals = await rig.bridge.parts.portals.in_room(room)
        await rig.bridge.parts.matrix.rooms.unlinking.unlink(portals[0])
        members = rig.hs.world.rooms[room]
        assert members.membership("@loop_bob:example.org") == "leave"
        assert members.membership("@other_carol:example.org") == "join"
