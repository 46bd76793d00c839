"""Lists of members that are too long for an event are read in the background, in pieces."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bridgekit.configuration.settings import MembersSettings
from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import MemberState
from bridgekit.facts import Member, Rank
from bridgekit.ids import RemoteUserID
from bridgekit.supports import SupportsMembers
from bridgekit.testing.clock import settle
from tests.core.members.conftest import JOIN, LEAVE, Scene

UP_FRONT = MembersSettings().up_front
MANY = 10_000


class Listing(SupportsMembers):
    """What the test has the network list, and when it goes on."""

    people: list[Member]
    gate: asyncio.Event
    asked = 0
    failures: list[Exception]
    broken_off: list[Exception]

    async def members(self, chat):
        del chat
        Listing.asked += 1
        people, gate = Listing.people, Listing.gate
        for number, one in enumerate(people):
            if number == len(people) // 2:
                if Listing.failures:
                    raise Listing.failures.pop()
                await gate.wait()
                if Listing.broken_off:
                    raise Listing.broken_off.pop()
            yield one


@pytest.fixture
def listed(rig):
    Listing.people, Listing.asked, Listing.failures, Listing.broken_off = [], 0, [], []
    Listing.gate = asyncio.Event()
    Listing.gate.set()
    rig.network.extra = (Listing,)
    return Scene(rig, rig.hs.person("alice"))


def people(count, *special):
    return [*(Member(RemoteUserID(f"user{number}")) for number in range(count)), *special]


async def read(scene):
    """All lists that are due were read."""
    await scene.settled()
    parts = scene.rig.bridge.parts
    (portal,) = await parts.portals.in_room(scene.room)
    (network,) = parts.networks
    async with asyncio.timeout(60):
        while not network.host.wishes.told(portal.id) or parts.matrix.members.busy:
            await settle()


async def test_a_short_list_is_read_when_the_room_is_there(listed):
    Listing.people = [*people(3), Member(RemoteUserID("bot"))]
    await listed.start()
    await read(listed)
    assert await listed.ghosts() == {"user0", "user1", "user2"}
    assert Listing.asked == 1


async def test_a_login_that_is_back_reads_who_came_and_went_meanwhile(listed):
    Listing.people = people(3)
    await listed.start()
    await read(listed)
    Listing.people = [*people(2), Member(RemoteUserID("eve"))]
    (network,) = listed.rig.bridge.parts.networks
    await listed.rig.network.drop()
    while Listing.asked < 2 or not network.host.wishes.told(1):
        await settle()
    assert await listed.ghosts() == {"user0", "user1", "eve"}


async def test_10_000_members_hold_up_no_message_and_join_when_they_speak(listed):
    Listing.people = people(MANY, Member(RemoteUserID("op"), rank=Rank.MODERATOR))
    Listing.gate.clear()
    await listed.start()
    while not Listing.asked:
        await settle()
    await listed.rig.network.say("#room", "user7", "at once", id="m1")
    await listed.alice.wait_for(listed.room, lambda e: e["content"].get("body") == "at once")
    Listing.gate.set()
    await read(listed)
    parts = listed.rig.bridge.parts
    while parts.matrix.powers.busy or await parts.matrix.powers.standings.drift():
        await settle()
    assert await listed.ghosts() == {"user7"}
    levels = await listed.alice.state(listed.room, "m.room.power_levels")
    assert levels["users"]["@loop_op:example.org"] == 50


async def test_of_a_long_list_who_is_missing_leaves(listed):
    listed.rig.network.lacks |= {SupportsMembers}
    listed.rig.network.extra = ()
    await listed.start()
    await listed.says(("bob", JOIN), ("user5", JOIN))
    assert await listed.ghosts() == {"bob", "user5"}
    listed.rig.network.extra = (Listing,)
    Listing.people = people(UP_FRONT + 1)
    await listed.rig.network.drop()
    while not Listing.asked:
        await settle()
    await read(listed)
    assert await listed.ghosts() == {"user5"}


async def test_what_is_told_while_a_list_is_read_is_newer_than_the_list(listed):
    Listing.people = people(4)
    Listing.gate.clear()
    await listed.start()
    while not Listing.asked:
        await settle()
    await listed.says(("user3", LEAVE), ("eve", JOIN), ("user0", JOIN))
    Listing.gate.set()
    await read(listed)
    assert await listed.ghosts() == {"user0", "user1", "user2", "eve"}


async def test_a_list_that_breaks_off_is_read_again_and_takes_nobody_out(listed):
    Listing.people = people(4)
    Listing.failures = [RetryLater("busy", after=0.05), ValueError()]
    await listed.start()
    await read(listed)
    assert Listing.asked == 3
    assert await listed.ghosts() == {f"user{number}" for number in range(4)}


async def test_a_list_that_is_not_to_be_had_is_not_asked_for_again(listed):
    Listing.people = people(4)
    Listing.failures = [Rejected("not for you")]
    await listed.start()
    await read(listed)
    await listed.says(("bob", JOIN))
    assert await listed.ghosts() == {"bob"}
    assert Listing.asked == 1


async def test_a_whole_list_that_came_unasked_is_enough(listed):
    listed.rig.network.connecting = None
    Listing.people = people(4)
    Listing.gate.clear()
    await listed.start()
    while not Listing.asked:
        await settle()
    await listed.lists("carol")
    Listing.gate.set()
    await read(listed)
    assert "carol" in await listed.ghosts()
    assert MemberState.JOIN is JOIN


async def test_a_list_that_its_connection_took_along_is_no_fault_and_is_read_by_the_next(
    listed,
):
    Listing.people = people(4)
    Listing.gate.clear()
    await listed.start()
    while not Listing.asked:
        await settle()
    (network,) = listed.rig.bridge.parts.networks
    (client,) = listed.rig.network.clients.values()
    calls = network.logins.calls(client.login.id)
    with capture_logs() as logged:
        await listed.rig.network.drop()
        while calls.client is client:
            await settle()
        Listing.broken_off.append(RuntimeError("Session is closed"))
        Listing.gate.set()
        await read(listed)
    assert [one for one in logged if one["event"] == "one of the portals waits"] == []
    assert await listed.ghosts() == {"user0", "user1", "user2", "user3"}
