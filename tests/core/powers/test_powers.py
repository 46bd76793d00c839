"""Ranks of the network become power levels of the room: few events, and nobody's grant undone."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from bridgekit.events import ChatChange, Membership, MemberState, RemoteEvent
from bridgekit.facts import ChatInfo, Member, Rank
from bridgekit.ids import RemoteUserID
from bridgekit.membership import powers as module
from bridgekit.models import Direction
from bridgekit.permissions.rights import Level
from bridgekit.reasons import Reason
from bridgekit.testing.clock import settle
from tests.core.members.conftest import ROOM
from tests.core.powers.conftest import BOT, LEVELS

BOB = "@loop_bob:example.org"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """No pause between two events of one room: tests wait for nothing."""
    monkeypatch.setattr(module, "SPACING", 0.0)


async def test_ranks_are_power_levels(court):
    await court.start()
    await court.ranks(bob=Rank.MODERATOR, carol=Rank.OWNER, dave=Rank.MUTED, eve=Rank.VOICE)
    assert await court.levels() == {"bob": 50, "carol": 95, "dave": -1}
    await court.ranks(bob=Rank.MEMBER)
    assert await court.levels() == {"carol": 95, "dave": -1}


async def test_five_hundred_operators_are_one_event(court):
    await court.start()
    names = tuple(f"op{number}" for number in range(500))
    members = tuple(Member(RemoteUserID(name), rank=Rank.MODERATOR) for name in names)
    await court.receive(RemoteEvent(ROOM, None, ChatChange(ChatInfo(members=members))))
    assert await court.levels() == dict.fromkeys(names, 50)
    assert await court.changes() == 1
    assert await court.ghosts() == set(), "they are not brought in for that"


async def test_a_storm_of_changes_is_two_events_at_most(court):
    await court.start()
    gate = court.rig.hs.delay("PUT", LEVELS)
    await court.ranks(bob=Rank.MODERATOR)
    await gate.reached.wait()
    for number in range(50):
        await court.ranks(**{f"op{number}": Rank.MODERATOR}, bob=Rank.MEMBER)
    gate.release()
    assert await court.levels() == {f"op{number}": 50 for number in range(50)}
    assert await court.changes() == 2


async def test_two_events_of_a_room_are_a_second_apart(court, monkeypatch):
    monkeypatch.setattr(module, "SPACING", 1000.0)
    await court.start()
    powers = court.rig.bridge.parts.matrix.powers
    await court.ranks(bob=Rank.MODERATOR)
    await court.done()
    await court.ranks(carol=Rank.MODERATOR)
    await court.settled()
    while powers.busy:
        await court.settled()
    assert await powers.standings.drift() == 1
    assert await court.changes() == 1


async def test_what_a_person_granted_stays_when_the_network_takes_its_own(court):
    await court.start()
    await court.ranks(bob=Rank.MODERATOR, carol=Rank.MODERATOR)
    await court.done()
    await court.grant(BOB, 80)
    await court.ranks(bob=Rank.MEMBER, carol=Rank.MEMBER)
    assert await court.levels() == {"bob": 80}
    await court.ranks(bob=Rank.OWNER)
    assert await court.levels() == {"bob": 95}
    await court.ranks(bob=Rank.MEMBER)
    assert await court.levels() == {"bob": 80}


async def test_a_silence_of_the_network_ends_where_a_persons_began(court):
    await court.start()
    content = await court.content()
    await court.rig.bridge.parts.intents.set_state(
        court.room, LEVELS, content | {"events_default": 10}
    )
    await court.silence(Rank.ADMIN)
    await court.done()
    assert (await court.content())["events_default"] == 75
    await court.silence(Rank.MEMBER)
    await court.done()
    assert (await court.content())["events_default"] == 10


async def test_what_the_network_granted_is_taken_back_in_the_room_that_replaces_theirs(court):
    court.rig.permissions = {**court.rig.permissions, "@alice:example.org": Level.ADMIN}
    await court.start()
    await court.ranks(bob=Rank.MODERATOR, carol=Rank.ADMIN)
    assert await court.levels() == {"bob": 50, "carol": 75}
    answer = await court.rig.bridge.parts.intents._call(
        "POST", f"rooms/{court.room}/upgrade", {"new_version": "11"}
    )
    court.room = answer["replacement_room"]
    while not await court.rig.bridge.parts.portals.in_room(court.room):
        await settle()
    await court.alice.join(court.room)
    assert await court.levels() == {"bob": 50, "carol": 75}
    await court.ranks(bob=Rank.MEMBER)
    assert await court.levels() == {"carol": 75}


async def test_an_unlinked_room_keeps_no_level_that_the_network_granted(court):
    await court.start()
    await court.ranks(bob=Rank.MODERATOR, carol=Rank.ADMIN, dave=Rank.MUTED)
    await court.silence(Rank.VOICE)
    await court.done()
    await court.grant("@loop_carol:example.org", 80)
    parts = court.rig.bridge.parts
    (portal,) = await parts.portals.in_room(court.room)
    for _ in range(2):
        await parts.matrix.rooms.unlinking.unlink(portal)
        content = await court.content()
        assert {at for user, at in content["users"].items() if user != BOT} == {80}
        assert content["events_default"] == 0
    await parts.matrix.rooms.linking.link(portal.key.network, ROOM, court.room)
    assert await court.levels() == {"bob": 50, "carol": 80, "dave": -1}
    await court.ranks(bob=Rank.MEMBER)
    assert await court.levels() == {"carol": 80, "dave": -1}


async def test_a_room_whose_levels_the_bot_may_not_set_is_unlinked_all_the_same(court):
    await court.start()
    await court.ranks(bob=Rank.MODERATOR)
    await court.done()
    parts = court.rig.bridge.parts
    (portal,) = await parts.portals.in_room(court.room)
    court.rig.hs.fail("PUT", LEVELS, status=403, errcode="M_FORBIDDEN", times=None)
    await parts.matrix.rooms.unlinking.unlink(portal)
    assert await parts.portals.in_room(court.room) == ()


async def test_who_leaves_the_chat_leaves_the_rank(court):
    await court.start()
    await court.ranks(bob=Rank.MODERATOR)
    assert await court.levels() == {"bob": 50}
    bob = RemoteUserID("bob")
    await court.receive(RemoteEvent(ROOM, bob, Membership(bob, MemberState.LEAVE)))
    assert await court.levels() == {}


async def test_a_list_takes_the_rank_of_who_is_ordinary_in_it(court):
    await court.start()
    await court.ranks(bob=Rank.MODERATOR, carol=Rank.ADMIN)
    assert await court.levels() == {"bob": 50, "carol": 75}
    await court.lists("bob")
    assert await court.levels() == {}


async def test_a_chat_where_few_may_speak_is_silent_for_the_others(court):
    await court.start()
    await court.ranks(bob=Rank.VOICE)
    assert await court.levels() == {}
    await court.silence(Rank.VOICE)
    assert await court.levels() == {"bob": 1}
    assert (await court.content())["events_default"] == 1
    await court.silence(Rank.MEMBER)
    assert await court.levels() == {}
    assert (await court.content())["events_default"] == 0


async def test_a_person_with_a_login_has_the_rank_themselves(court):
    await court.start()
    await court.alice.say(court.room, "hello")
    await court.rig.network.wait(lambda: "hello" in court.rig.network.texts())
    await court.ranks(alice=Rank.MODERATOR, bot=Rank.OWNER)
    assert await court.levels() == {"@alice:example.org".partition(":")[0]: 50}


async def test_a_restart_goes_on_with_what_was_not_set(court):
    await court.start()
    gate = court.rig.hs.drop_request("PUT", LEVELS, times=None)
    await court.ranks(bob=Rank.MODERATOR)
    await gate.reached.wait()
    await court.rig.kill()
    gate.clear()
    await court.start()
    assert await court.levels() == {"bob": 50}


async def test_without_the_power_for_it_once_is_said_and_nothing_is_tried_for_ever(court):
    room = await court.alice.create_room(preset="public_chat")
    court.rig.link("#ops", room=room)
    court.room = room
    await court.start()
    await court.alice.wait_for(room, lambda event: event.get("state_key") == BOT)
    while not (found := await court.rig.bridge.parts.portals.in_room(room)):
        await settle()
    (portal,) = found
    ops = RemoteEvent(ROOM, None, Membership(RemoteUserID("bob"), MemberState.JOIN))
    counts = court.rig.bridge.parts.status.counts
    asked = court.rig.hs.fail("PUT", LEVELS, status=403, errcode="M_FORBIDDEN", times=None)
    chat = type(ROOM)(portal.key.chat)

    async def rank(user, rank):
        change = Membership(RemoteUserID(user), MemberState.JOIN, rank=rank)
        await court.receive(RemoteEvent(chat, ops.sender, change))
        while court.rig.bridge.parts.matrix.powers.busy:
            await court.settled()

    with capture_logs() as said:
        await rank("bob", Rank.MODERATOR)
        await rank("carol", Rank.MODERATOR)
    assert len([one for one in said if one["event"].startswith("no power over")]) == 1
    assert counts[portal.key.network, Direction.TO_MATRIX, Reason.NO_POWER] > 0
    assert asked.struck == 0
    asked.clear()
    content = await court.alice.state(room, LEVELS)
    users = {**content["users"], BOT: 100}
    await court.alice.set_state(room, LEVELS, content | {"users": users})
    await court.rig.bridge.parts.matrix.powers.observed(room)
    levels = await court.levels()
    assert (levels["bob"], levels["carol"]) == (50, 50)


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_rooms_of_every_version_take_the_levels(court, version):
    room = await court.alice.create_room(
        preset="public_chat",
        room_version=version,
        power_level_content_override={"users": {"@alice:example.org": 100, BOT: 100}}
        if version != "12"
        else {"users": {BOT: 100}},
    )
    court.rig.links = (court.rig.links[0].model_copy(update={"room": room}),)
    court.room = room
    await court.start()
    await court.alice.wait_for(room, lambda event: event.get("state_key") == BOT)
    await court.ranks(bob=Rank.ADMIN)
    assert (await court.levels())["bob"] == 75


async def test_the_homeserver_that_refuses_is_not_asked_again_and_again(court):
    await court.start()
    fault = court.rig.hs.fail("PUT", LEVELS, status=403, errcode="M_FORBIDDEN", times=None)
    await court.ranks(bob=Rank.MODERATOR)
    await fault.reached.wait()
    while court.rig.bridge.parts.matrix.powers.busy:
        await court.settled()
    assert fault.struck == 1
    assert await court.rig.bridge.parts.matrix.powers.standings.drift() == 1


@asynccontextmanager
async def dying_while_it_sets(court):
    """What is asked for in here is set, and the bridge dies before it knows that."""
    lost = court.rig.hs.lose_answer("PUT", LEVELS, times=None)
    yield
    await lost.reached.wait()
    await court.rig.kill()
    lost.clear()
    await court.rig.start()
    await court.done()


async def test_what_was_set_right_before_a_crash_is_ours_to_take_back(court):
    await court.start()
    await court.grant("@loop_carol:example.org", 30)
    async with dying_while_it_sets(court):
        await court.ranks(bob=Rank.MODERATOR, carol=Rank.MODERATOR)
    assert await court.levels() == {"bob": 50, "carol": 50}
    async with dying_while_it_sets(court):
        await court.ranks(bob=Rank.ADMIN, carol=Rank.ADMIN)
    await court.ranks(bob=Rank.MEMBER, carol=Rank.MEMBER)
    assert await court.levels() == {"carol": 30}


async def test_a_silence_set_right_before_a_crash_ends_with_the_networks(court):
    await court.start()
    async with dying_while_it_sets(court):
        await court.silence(Rank.MODERATOR)
    assert (await court.content())["events_default"] == 50
    await court.silence(Rank.MEMBER)
    await court.done()
    assert (await court.content())["events_default"] == 0
