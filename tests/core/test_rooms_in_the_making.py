"""Rooms that are being made while something else happens: a kill, a link to another room."""

from __future__ import annotations

import pytest

from bridgekit.facts import ChatInfo
from bridgekit.ids import ChatID, PortalKey, RoomID
from bridgekit.testing.rig import NETWORK, Rig

KEY = PortalKey(NETWORK, ChatID("#room"))
NOBODY = ()


@pytest.fixture
async def rig(tmp_path, database):
    async with Rig(tmp_path, database=database) as rig:
        rig.links = ()
        await rig.start()
        yield rig


def making(rig):
    return rig.bridge.parts.matrix.rooms.linking._rooms


async def wanted(rig):
    portals = rig.bridge.parts.portals
    return await portals.want(await portals.ensure(KEY))


async def test_rule_02_a_room_whose_making_a_kill_broke_off_may_still_be_ours(rig):
    portal = await rig.bridge.parts.portals.creating(await wanted(rig))
    await rig.kill()
    await rig.start()
    assert await making(rig).busy()
    await making(rig).ensure(portal, ChatInfo(), NOBODY)
    assert not await making(rig).busy()


async def test_a_chat_that_is_linked_meanwhile_gets_no_room_of_its_own(rig):
    portal = await wanted(rig)
    linked = await rig.bridge.parts.portals.bind(portal, RoomID("!theirs:x"), ours=False)
    assert await rig.bridge.parts.portals.creating(portal) == linked
    assert await making(rig).ensure(portal, ChatInfo(), NOBODY) == linked
