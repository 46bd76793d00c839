"""Chats get rooms: by the configuration or an alias; rooms of others are linked, not adopted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bridgekit.adapter import Login
from bridgekit.errors import Rejected
from bridgekit.facts import ChatInfo
from bridgekit.models import Flow
from bridgekit.reasons import Reason
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.homeserver import MatrixError
from bridgekit.testing.loopback import LoopbackClient
from bridgekit.testing.rig import NETWORK, Rig

ALIAS = "#loop_#room:example.org"
BOT = "@bridgebot:example.org"
CREATE = "POST /createRoom"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def slow_rig(tmp_path, clock) -> AsyncIterator[Rig]:
    async with Rig(tmp_path, clock) as rig:
        yield rig


@asynccontextmanager
async def passing(clock):
    async def run():
        while True:
            await clock.wait_for_timer(within=600)
            await clock.advance(1)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()


async def knows(rig, alias):
    """What the homeserver is told when it asks for an alias."""
    service = next(iter(rig.hs._world.appservices.values()))
    return await rig.hs._outbound.knows_alias(service, alias)


async def knows_user(rig, user):
    service = next(iter(rig.hs._world.appservices.values()))
    status, _ = await rig.hs._outbound._ask(service, "GET", f"users/{user}", None)
    return status == 200


async def both_ways(rig, alice, room, chat="#room"):
    """Whether messages cross both ways between a room and its chat."""
    await alice.say(room, "from matrix")
    await rig.network.wait(lambda: "from matrix" in rig.network.texts(chat))
    await rig.network.say(chat, "bob", "from the network", id="both-ways")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "from the network")


@pytest.mark.parametrize("by", ["alias", "id"])
async def test_a_room_of_others_is_linked_and_never_adopted(rig, by):
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT], room_alias_name="ops")
    rig.links = ()
    rig.link("#room", "#ops:example.org" if by == "alias" else room)
    rig.hs._world.add_account(BOT)
    await rig.start()
    await rig.hs.wait_for(lambda: BOT in rig.hs._world.rooms[room].members())
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
        await rig.hs.pushed()
    (said,) = [line for line in logs if line["event"] == "link without a room"]
    assert said["fix"] == f"invite {BOT} into the room, or check its name"
    await alice.invite(room, BOT)
    await rig.hs.wait_for(lambda: BOT in rig.hs._world.rooms[room].members())
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
        await rig.hs.wait_for(lambda: BOT in rig.hs._world.rooms[other].members())
        await rig.hs.pushed()
        async with asyncio.timeout(20):
            while not (said := [one for one in logs if one["event"] == "link without a room"]):
                await settle()
    assert "leave out the `room`" in said[0]["fix"]


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
        await rig.hs.wait_for(lambda: ALIAS in rig.hs._world.aliases)
    assert rig.hs.requests[CREATE] == 2


async def test_a_link_carries_only_the_direction_it_says(rig):
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


@pytest.mark.parametrize(
    "alias",
    [
        "#loop_plain:example.org",  # no channel of this network has such a name
        "#loop_=zz:example.org",  # an escape that is none
        "#loop_:example.org",
        "#other_#room:example.org",  # no such network
        "#loop_#room:elsewhere.org",
        "#_bridgekit_bridgekit_00:example.org",
    ],
)
async def test_an_alias_that_names_no_channel_is_answered_404(rig, alias):
    rig.links = ()
    await rig.start()
    assert not await knows(rig, alias)
    assert rig.hs.requests[CREATE] == 0


async def test_an_alias_of_a_channel_makes_its_room_once_however_often_it_is_asked(rig):
    rig.links = ()
    await rig.start()
    alias = "#loop_#new:example.org"
    assert await asyncio.gather(*(knows(rig, alias) for _ in range(4))) == [True] * 4
    assert rig.hs.requests[CREATE] == 1
    alice = rig.hs.person("alice")
    await both_ways(rig, alice, await alice.join(alias), "#new")


async def test_another_spelling_of_a_channel_is_the_same_room(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    assert await alice.join("#loop_#ROOM:example.org") == await alice.join(ALIAS)
    assert rig.hs.requests[CREATE] == 1


async def test_an_alias_is_answered_404_while_its_network_is_away(slow_rig, clock):
    rig = slow_rig
    rig.network.offline = True
    await rig.start()
    await rig.hs.wait_for(lambda: ALIAS in rig.hs._world.aliases)
    alice = rig.hs.person("alice")
    async with passing(clock):
        with pytest.raises(MatrixError):
            await alice.join("#loop_#new:example.org")
    # What has its room needs no network to be found.
    assert await alice.join("#loop_#ROOM:example.org") == await alice.join(ALIAS)


@pytest.mark.parametrize("ask", ["enter", "chat_info"])
async def test_a_network_that_does_not_answer_keeps_nobody_waiting_for_ever(
    slow_rig, clock, monkeypatch, ask
):
    rig = slow_rig
    rig.links = ()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))

    async def hangs(*_):
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(LoopbackClient, ask, hangs)
    async with passing(clock), asyncio.timeout(20):
        await knows(rig, "#loop_#new:example.org")


async def test_a_channel_that_cannot_be_entered_is_404_and_leaves_nothing_behind(rig, monkeypatch):
    rig.links = ()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))

    async def invite_only(*_):
        raise Rejected("The channel is invite-only")

    monkeypatch.setattr(LoopbackClient, "enter", invite_only)
    assert not await knows(rig, "#loop_#closed:example.org")
    assert await rig.bridge.parts.portals.to_enter(NETWORK) == []
    assert rig.hs.requests[CREATE] == 0


async def test_an_alias_query_survives_a_lost_answer(rig):
    rig.links = ()
    await rig.start()
    rig.hs.lose_answer("POST", "/createRoom")
    assert await knows(rig, "#loop_#new:example.org")
    assert len(rig.hs._world.rooms) == 1


async def test_a_chat_whose_room_is_promised_gets_no_other_by_alias(rig):
    rig.links = ()
    rig.link("#room", "!unknown")
    await rig.start()
    assert not await knows(rig, ALIAS)
    assert rig.hs.requests[CREATE] == 0


async def test_the_room_has_the_name_that_the_network_tells(rig, monkeypatch):
    async def chat_info(_self, chat):
        return ChatInfo(name=f"All about {chat}", topic="A topic")

    monkeypatch.setattr(LoopbackClient, "chat_info", chat_info)
    rig.links = ()
    await rig.start()
    room = rig.hs._world.rooms[await rig.hs.person("alice").join("#loop_#new:example.org")]
    assert room.content("m.room.name") == {"name": "All about #new"}
    assert room.content("m.room.topic")["topic"] == "A topic"


async def test_a_user_of_ours_exists_if_the_network_could_have_one(rig):
    await rig.start()
    assert await knows_user(rig, "@loop_bob:example.org")
    assert "@loop_bob:example.org" in rig.hs._world.accounts
    assert not await knows_user(rig, "@loop_=23room:example.org")  # a channel's name
    assert not await knows_user(rig, "@loop__bob:example.org")  # Bob, whom the network calls bob
    assert not await knows_user(rig, "@alice:example.org")
    assert not await knows_user(rig, "@loop_bob:elsewhere.org")


async def test_a_network_without_logins_keeps_its_links_for_later(tmp_path, monkeypatch):
    async with Rig(tmp_path) as rig:
        monkeypatch.setattr("bridgekit.parts.own_logins", lambda *_: list[Login]())
        await rig.start()
        await rig.hs.wait_for(lambda: ALIAS in rig.hs._world.aliases)


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
    async with asyncio.timeout(20):
        while sum(n for key, n in counts.items() if key[2] is Reason.NOT_LINKED) < 2:
            await settle()
    assert await alice.bodies(room) == ["hello?"]
