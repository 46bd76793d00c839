"""Everybody's direct chats in a space of their own, where the operator wants that."""

from __future__ import annotations

from pydantic import SecretStr

from bridgekit.configuration import registration
from bridgekit.configuration.puppet_settings import PuppetSettings
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import DOMAIN, NETWORK

ALICE = "@alice:example.org"
BOB, CAROL = "@loop_bob:example.org", "@loop_carol:example.org"


def spaces(rig):
    rooms = rig.hs.world.rooms.values()
    return [one for one in rooms if one.content("m.room.create").get("type") == "m.space"]


def children(space):
    return {
        key for kind, key in space.state if kind == "m.space.child" and space.content(kind, key)
    }


async def talks(rig, person, ghost):
    """A direct chat that a person opens."""
    room = await person.create_room(invite=[ghost], direct=True)
    await rig.hs.wait_for(lambda: rig.hs.world.rooms[room].membership(ghost) == "join")
    return room


async def test_the_direct_chats_of_each_are_in_a_space_that_only_they_are_in(rig):
    rig.network_settings["personal_space"] = True
    await rig.start()
    alice, mallory = rig.hs.person("alice"), rig.hs.person("mallory")
    with_bob, with_carol = await talks(rig, alice, BOB), await talks(rig, alice, CAROL)
    of_mallory = await talks(rig, mallory, BOB)
    await rig.hs.wait_for(
        lambda: (
            sorted(map(sorted, map(children, spaces(rig))))
            == sorted([sorted([with_bob, with_carol]), [of_mallory]])
        )
    )
    (space,) = [one for one in spaces(rig) if with_bob in children(one)]
    assert space.membership(ALICE) == "invite"
    assert space.membership(mallory.user_id) is None
    assert space.content("m.room.join_rules")["join_rule"] == "invite"


async def test_a_restart_makes_no_second_space(rig):
    rig.network_settings["personal_space"] = True
    await rig.start()
    alice = rig.hs.person("alice")
    room = await talks(rig, alice, BOB)
    await rig.hs.wait_for(lambda: [children(one) for one in spaces(rig)] == [{room}])
    await rig.stop()
    await rig.start()
    other = await talks(rig, alice, CAROL)
    await rig.hs.wait_for(lambda: [children(one) for one in spaces(rig)] == [{room, other}])


async def test_a_direct_chat_that_is_given_up_is_taken_out(rig):
    rig.network_settings["personal_space"] = True
    await rig.start()
    alice = rig.hs.person("alice")
    room = await talks(rig, alice, BOB)
    await rig.hs.wait_for(lambda: [children(one) for one in spaces(rig)] == [{room}])
    (portal,) = await rig.bridge.parts.portals.in_room(room)
    while not await rig.bridge.parts.matrix.rooms.upkeep._state.known(portal, "m.space.child"):
        await settle()
    await rig.bridge.parts.matrix.rooms.unlinking.unlink(portal)
    assert children(spaces(rig)[0]) == set()


async def test_nobody_has_a_space_unless_the_operator_says_so(rig):
    await rig.start()
    await talks(rig, rig.hs.person("alice"), BOB)
    network = rig.bridge.parts.networks.get(NETWORK)
    assert network is not None
    assert spaces(rig) == []


async def test_who_has_a_puppet_is_in_their_space_and_is_not_brought_back(rig):
    rig.network_settings["personal_space"] = True
    settings = PuppetSettings(as_token=SecretStr("token-of-the-puppets-0123456789"))
    rig.settings["double_puppets"] = {DOMAIN: settings}
    (found,) = registration.puppets(rig.config)
    rig.hs.load_registration(found.fields())
    await rig.start()
    alice = rig.hs.person("alice")
    room = await talks(rig, alice, BOB)
    await rig.hs.wait_for(lambda: [children(one) for one in spaces(rig)] == [{room}])
    (space,) = spaces(rig)
    assert space.membership(ALICE) == "join"
    await alice.leave(space.id)
    await rig.stop()
    await rig.start()
    other = await talks(rig, alice, CAROL)
    await rig.hs.wait_for(lambda: children(space) == {room, other})
    assert space.membership(ALICE) == "leave"
