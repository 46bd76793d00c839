"""State that somebody else sets in a room: what we said of it, or could not say, is said anew."""

from __future__ import annotations

from bridgekit.events import ChatChange
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, RoomID
from bridgekit.room.bridge_info import KINDS
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import ALIAS, BOT

ALICE = "@alice:example.org"


async def test_a_name_that_a_person_changed_is_set_back_when_the_network_says_it_again(rig):
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.network.person("bob")
    room = await alice.join(ALIAS)
    state = rig.hs.world.rooms[room]
    await bob.rename_chat("#room", "Tea")
    await rig.hs.wait_for(lambda: state.content("m.room.name") == {"name": "Tea"})
    levels = await alice.state(room, "m.room.power_levels")
    users = {**levels["users"], ALICE: 100}
    await rig.bridge.parts.intents.set_state(
        room, "m.room.power_levels", {**levels, "users": users}
    )
    await alice.set_name(room, "Coffee")
    await rig.network.wait(
        lambda: any(act.info.name == "Coffee" for act in rig.network.acted(ChatChange))
    )
    await bob.rename_chat("#room", "Tea")
    await bob.say("#room", "end", id="end")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "end")
    assert state.content("m.room.name") == {"name": "Tea"}


async def test_state_that_was_refused_is_set_once_the_bot_gets_the_power(rig):
    alice = rig.hs.person("alice")
    rig.links = ()
    await rig.start()
    room = RoomID(await alice.create_room(invite=[BOT], preset="public_chat"))
    await rig.bridge.parts.matrix.rooms.linking.link(NETWORK, Chat(ChatID("#room")), room)
    rooms = rig.bridge.parts.matrix.rooms
    await rig.network.say("#room", "bob", "one", id="m1")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "one")
    (portal,) = await rig.bridge.parts.portals.in_room(room)
    await rooms.upkeep._round(portal.id)
    state = rig.hs.world.rooms[room]
    assert not any(kind in KINDS for kind, _ in state.state)
    await alice.set_power(room, BOT, 100)
    await rig.hs.wait_for(lambda: any(kind in KINDS for kind, _ in state.state))
