"""Chats get rooms by the configuration; rooms of others are linked, not adopted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bridgekit.adapter import Login
from bridgekit.configuration.settings import ChatLink
from bridgekit.models import Flow
from bridgekit.reasons import Reason
from bridgekit.supports import SupportsHistory
from bridgekit.testing.rig import Rig
from tests.core.linking.conftest import ALIAS, BOT, CREATE, both_ways, passing
from tests.core.until import logged, until


@pytest.mark.parametrize("by", ["alias", "id"])
async def test_a_room_of_others_is_linked_and_never_adopted(rig, by):
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT], room_alias_name="ops")
    rig.links = ()
    rig.link("#room", "#ops:example.org" if by == "alias" else room)
    rig.hs.world.add_account(BOT)
    await rig.start()
    await rig.tied(room)
    await both_ways(rig, alice, room)
    (portal,) = await rig.bridge.parts.portals.in_room(room)
    assert not portal.ours
    assert rig.hs.requests[CREATE] == 0


async def test_a_room_that_the_bot_is_not_invited_to_is_said_and_linked_later(rig):
    alice = rig.hs.person("alice")
    room = await alice.create_room()
    rig.links = ()
    rig.link("#room", room)
    with capture_logs() as logs:
        await rig.start()
        await rig.network.wait(lambda: bool(rig.network.clients))
        await rig.hs.wait_for(lambda: rig.hs.requests["POST /join/{target}"] >= 1)
        await rig.network.say("#room", "bob", "before", id="m1")
        (said,) = await logged(logs, "link without a room")
    assert said["fix"] == f"invite {BOT} into the room, or check its name"
    await alice.invite(room, BOT)
    await rig.tied(room)
    await both_ways(rig, alice, room)
    # What was said before waited for its room: no other was made for it.
    assert (await alice.bodies(room)).count("before") == 1
    assert rig.hs.requests[CREATE] == 0


async def test_a_chat_that_has_another_room_already_says_so(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    await alice.join(ALIAS)
    await rig.stop()
    other = await alice.create_room(invite=[BOT])
    rig.links = ()
    rig.link("#room", other)
    with capture_logs() as logs:
        await rig.start()
        await rig.hs.wait_for(lambda: BOT in rig.hs.world.rooms[other].members())
        said = await logged(logs, "link without a room")
    assert "leave out the `room`" in said[0]["fix"]


@pytest.mark.parametrize("shared", [False, True])
async def test_a_room_of_several_chats_is_warned_of_unless_that_is_meant(rig, shared):
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT], room_alias_name="ops")
    rig.links = tuple(
        ChatLink(chat=chat, room=named, shared=shared)
        for chat, named in (("#one", room), ("#two", "#ops:example.org"))
    )
    rig.link("#last")
    rig.hs.world.add_account(BOT)
    with capture_logs() as logs:
        await rig.start()
        # Links are made in their order, so what is to be said of those before this one is said.
        await rig.hs.wait_for(lambda: "#loop_#last:example.org" in rig.hs.world.aliases)
        assert len(await rig.bridge.parts.portals.in_room(room)) == 2
        await rig.stop()
    said = [(one["chat"], one["others"]) for one in logs if "has other chats" in one["event"]]
    assert (("#two", "loop #one") in said) is not shared
    assert len(said) == len(set(said)) <= 2 * (not shared)  # once for each link


async def test_one_link_that_fails_stops_no_other(rig):
    rig.links = ()
    rig.link("#lost", "#nowhere:example.org")
    rig.link("#room")
    await rig.start()
    await both_ways(rig, rig.hs.person("alice"), await rig.hs.person("alice").join(ALIAS))


async def test_a_link_that_the_homeserver_fails_is_tried_again(slow_rig, clock):
    rig = slow_rig
    fault = rig.hs.fail("POST", "/createRoom", status=502)
    await rig.start()
    await fault.reached.wait()
    async with passing(clock):
        await rig.hs.wait_for(lambda: ALIAS in rig.hs.world.aliases)
    assert rig.hs.requests[CREATE] == 2


async def test_a_link_carries_only_the_direction_it_says(rig):
    rig.network.lacks = frozenset({SupportsHistory})  # else it may tell all twice, and all counts
    rig.links = ()
    rig.link("#in", flow=Flow.TO_MATRIX)
    rig.link("#out", flow=Flow.TO_NETWORK)
    await rig.start()
    alice = rig.hs.person("alice")
    inward = await alice.join("#loop_#in:example.org")
    outward = await alice.join("#loop_#out:example.org")
    await alice.say(inward, "not there")
    await alice.say(outward, "there")
    await rig.network.wait(lambda: rig.network.texts() == ["there"])
    await rig.network.say("#out", "bob", "not here", id="m1")
    await rig.network.say("#in", "bob", "here", id="m2")
    await alice.wait_for(inward, lambda event: event["content"].get("body") == "here")
    assert await alice.bodies(outward) == ["there"]
    counts = rig.bridge.parts.status.counts
    assert sum(number for key, number in counts.items() if key[2] is Reason.ONE_WAY) == 2


async def test_a_network_without_logins_keeps_its_links_for_later(tmp_path, database, monkeypatch):
    async with Rig(tmp_path, database=database) as rig:
        monkeypatch.setattr(
            "bridgekit.composition.network_parts.own_logins", lambda *_: list[Login]()
        )
        await rig.start()
        await rig.hs.wait_for(lambda: ALIAS in rig.hs.world.aliases)


async def test_a_network_that_is_no_longer_configured_is_left_alone(rig, monkeypatch):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    gate = rig.hs.drop_request("PUT", "/send/", times=None)
    await rig.network.say("#room", "bob", "too late", id="m1")
    await rig.kill()
    gate.clear()
    without = replace(rig.config, networks={})
    monkeypatch.setattr(Rig, "config", without)
    await rig.start()
    await alice.say(room, "hello?")
    await rig.hs.pushed()
    counts = rig.bridge.parts.status.counts
    await until(lambda: sum(n for key, n in counts.items() if key[2] is Reason.NOT_LINKED) >= 2)
    assert await alice.bodies(room) == ["hello?"]
