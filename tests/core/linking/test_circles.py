"""Two networks of the configuration that are the same place: no chat of it goes round."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridgekit.facts import Chat
from bridgekit.ids import ChatID, NetworkName, RoomID
from bridgekit.room.circles import ClosesCircle
from bridgekit.supports import SupportsPlace
from bridgekit.testing.rig import NETWORK, Rig
from tests.core.linking.conftest import BOT

TWIN, THIRD = NetworkName("twin"), NetworkName("third")


class Somewhere(SupportsPlace):
    place = "Somewhere.Chat"


class SomewhereElse(SupportsPlace):
    place = "Elsewhere"


@pytest.fixture
async def rig(tmp_path, database) -> AsyncIterator[Rig]:
    async with Rig(tmp_path, database=database, networks=(NETWORK, TWIN, THIRD)) as rig:
        rig.networks[NETWORK].extra = rig.networks[TWIN].extra = (Somewhere,)
        rig.networks[THIRD].extra = (SomewhereElse,)
        rig.links = ()
        await rig.start()
        for network in rig.networks.values():
            await network.wait(lambda network=network: bool(network.clients))
        yield rig


async def new_room(rig):
    return RoomID(await rig.hs.person("alice").create_room(invite=[BOT], preset="public_chat"))


def link(rig, network, room, chat="#room"):
    linking = rig.bridge.parts.matrix.rooms.linking
    return linking.link(network, Chat(ChatID(chat)), room)


async def test_a_chat_is_not_linked_twice_to_a_room_by_two_names_of_its_network(rig):
    room = await new_room(rig)
    await link(rig, NETWORK, room)
    with pytest.raises(ClosesCircle, match="twin and loop are the same place"):
        await link(rig, TWIN, room)
    assert len(await rig.bridge.parts.portals.in_room(room)) == 1


async def test_another_chat_of_the_same_place_and_the_chat_of_another_place_are_linked(rig):
    room = await new_room(rig)
    await link(rig, NETWORK, room)
    await link(rig, TWIN, room, "#other")
    await link(rig, THIRD, room)
    assert len(await rig.bridge.parts.portals.in_room(room)) == 3


async def test_a_circle_over_two_rooms_is_not_closed(rig):
    one, two = await new_room(rig), await new_room(rig)
    await link(rig, NETWORK, one, "#a")
    await link(rig, TWIN, two, "#a")
    await link(rig, NETWORK, one, "#b")
    with pytest.raises(ClosesCircle, match="another room"):
        await link(rig, TWIN, two, "#b")


async def test_two_rooms_may_have_the_same_chat_where_nothing_goes_round(rig):
    one, two = await new_room(rig), await new_room(rig)
    await link(rig, NETWORK, one)
    await link(rig, TWIN, two)
    await link(rig, TWIN, two)  # again: nothing is new
    assert len(await rig.bridge.parts.portals.in_room(two)) == 1
