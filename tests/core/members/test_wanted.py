"""Membership is a desired state: what the network says last comes true."""

from __future__ import annotations

import pytest

from bridgekit.configuration.settings import MembersSettings
from bridgekit.events import ChatChange, Membership, MemberState, RemoteEvent
from bridgekit.facts import ChatInfo, Member
from bridgekit.ids import RemoteUserID
from tests.core.members.conftest import (
    INVITE,
    JOIN,
    JOINS,
    LEAVE,
    LEAVES,
    REGISTER,
    ROOM,
)

UP_FRONT = MembersSettings().up_front


async def test_who_joins_there_joins_here_under_their_name(scene):
    await scene.start()
    await scene.says(("bob", JOIN), ("carol", JOIN))
    assert await scene.ghosts() == {"bob", "carol"}
    assert (await scene.state("bob"))["displayname"] == "Bob"


@pytest.mark.parametrize("state", [LEAVE, MemberState.KICK, MemberState.BAN])
async def test_who_is_gone_there_leaves_here_with_the_reason(scene, state):
    await scene.start()
    await scene.says(("bob", JOIN))
    assert await scene.ghosts() == {"bob"}
    await scene.says(("bob", state, "Ping\r\ntime\0out"))
    assert await scene.ghosts() == set()
    assert (await scene.state("bob"))["reason"] == "Ping time\ufffdout"


async def test_who_is_only_invited_there_is_left_alone(scene):
    await scene.start()
    await scene.says(("bob", INVITE))
    await scene.settled()
    scene.rig.hs.requests.clear()
    await scene.says(("carol", JOIN), ("carol", INVITE))
    assert await scene.ghosts() == {"carol"}


async def test_coming_and_going_cancel_out_without_a_request(scene):
    await scene.start()
    await scene.settled()
    scene.rig.hs.requests.clear()
    await scene.says(("bob", JOIN), ("bob", LEAVE), ("carol", LEAVE))
    assert await scene.ghosts() == set()
    requests = scene.rig.hs.requests
    assert (requests[JOINS], requests[LEAVES], requests[REGISTER]) == (0, 0, 0)


async def test_who_has_left_before_anything_was_done_is_never_made(scene):
    await scene.start()
    gate = scene.rig.hs.delay("POST", "/join/")
    await scene.says(("aaa", JOIN))
    await gate.reached.wait()
    await scene.says(("bob", JOIN))
    await scene.says(("bob", LEAVE))
    gate.release()
    assert await scene.ghosts() == {"aaa"}
    assert "@loop_bob:example.org" not in scene.rig.hs.world.accounts


async def test_leaving_and_coming_back_cancel_out_without_a_request(scene):
    await scene.start()
    await scene.says(("bob", JOIN))
    await scene.settled()
    scene.rig.hs.requests.clear()
    await scene.says(("bob", LEAVE), ("bob", JOIN))
    assert await scene.ghosts() == {"bob"}
    assert (scene.rig.hs.requests[JOINS], scene.rig.hs.requests[LEAVES]) == (0, 0)


async def test_a_complete_list_removes_who_is_missing_and_adds_the_rest(scene):
    await scene.start()
    await scene.says(("bob", JOIN), ("carol", JOIN))
    await scene.settled()
    await scene.lists("carol", "dave")
    assert await scene.ghosts() == {"carol", "dave"}
    assert (await scene.state("dave"))["displayname"] == "dave the great"


async def test_a_list_sees_what_came_before_it_in_the_same_delivery(scene):
    await scene.start()
    bob, carol = RemoteUserID("bob"), RemoteUserID("carol")
    await scene.says(("carol", JOIN))
    await scene.settled()
    await scene.receive(
        RemoteEvent(ROOM, bob, Membership(bob, JOIN)),
        RemoteEvent(ROOM, carol, Membership(carol, LEAVE)),
        RemoteEvent(ROOM, None, ChatChange(ChatInfo(members=(Member(carol),)))),
    )
    assert await scene.ghosts() == {"carol"}


async def test_of_a_large_chat_ghosts_join_when_they_speak(scene):
    await scene.start()
    await scene.lists(*(f"user{number}" for number in range(UP_FRONT + 1)))
    assert await scene.ghosts() == set()
    await scene.rig.network.say("#room", "user7", "hello", id="m1")
    await scene.alice.wait_for(scene.room, lambda e: e["content"].get("body") == "hello")
    assert await scene.ghosts() == {"user7"}
    await scene.lists(*(f"other{number}" for number in range(UP_FRONT + 1)))
    assert await scene.ghosts() == set()


async def test_our_own_logins_never_become_ghosts(scene):
    await scene.start()
    await scene.says(("bot", JOIN), ("bob", JOIN))
    await scene.lists("bot", "bob")
    assert await scene.ghosts() == {"bob"}
