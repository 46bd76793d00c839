"""Rooms that are being made while something else happens: a kill, a link, words in them."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.configuration.fallback_settings import ExpirySettings
from bridgekit.facts import ChatInfo
from bridgekit.ids import ChatID, PortalKey, RoomID
from bridgekit.room.control import NEVER_MADE
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import NETWORK, Rig

ALIAS = "#loop_#room:example.org"
BOT = "@bridgebot:example.org"
HOUR = 3600
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


@pytest.fixture
async def half_made(tmp_path, database):
    """Bob wrote to Alice; the bridge died before it knew of the room, and cannot connect."""
    async with Rig(tmp_path, VirtualClock(), database=database) as rig:
        await rig.start()
        rig.alice = rig.hs.person("alice")
        await rig.alice.say(await rig.alice.join(ALIAS), "hello")
        await rig.network.wait(lambda: rig.network.heard)
        rig.login = rig.network.heard[0].login
        gate = rig.hs.delay("POST", "/createRoom")
        await rig.network.say("bob", "bob", "psst", id="d1", to=rig.login)
        await gate.reached.wait()
        await rig.kill()
        gate.release()
        rig.private = await rig.hs.wait_for(lambda: invited(rig))
        await rig.alice.join(rig.private)
        connected = asyncio.Event()
        rig.network.connecting = lambda _: connected.wait()
        rig.connect = connected.set
        yield rig


def invited(rig):
    rooms = rig.hs.world.rooms.values()
    return next((one.id for one in rooms if rig.alice.user_id in one.members("invite")), None)


async def passes(rig, seconds):
    for _ in range(seconds):
        await rig.clock.advance(1)


async def until(rig, look):
    """Time passes for as long as it takes."""
    while not look():
        await rig.clock.advance(1)


def notices(rig):
    events = rig.hs.world.rooms[rig.private].events
    said = [one for one in events if one.type == "m.room.message" and one.sender == BOT]
    return [one.content["body"] for one in said]


async def test_rule_02_words_in_a_room_of_our_making_wait_for_as_long_as_it_takes(half_made):
    rig = half_made
    await rig.start()
    await rig.alice.say(rig.private, "yes?")
    await rig.hs.pushed()
    await passes(rig, 60)
    rig.connect()
    await until(rig, lambda: "yes?" in rig.network.texts())
    assert [one.chat for one in rig.network.heard if one.text == "yes?"] == ["bob"]
    assert notices(rig) == []


async def test_words_in_a_room_that_is_never_finished_end_as_late_and_are_told_of(half_made):
    rig = half_made
    rig.network_settings["expire_after"] = ExpirySettings(to_network=1)
    await rig.start()
    await rig.alice.say(rig.private, "yes?")
    await rig.hs.pushed()
    await passes(rig, 30)
    assert notices(rig) == []
    rig.clock.jump(HOUR)
    await until(rig, lambda: notices(rig))
    assert NEVER_MADE in notices(rig)[0]
