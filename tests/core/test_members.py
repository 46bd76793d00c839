"""Membership is a desired state: what the network says last comes true, and holds up no message."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from bridgekit.events import ChatChange, Membership, MemberState, Message, RemoteEvent
from bridgekit.facts import Chat, ChatInfo, Member
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.intake import UP_FRONT
from bridgekit.richtext import from_plain
from bridgekit.testing.clock import settle
from bridgekit.testing.homeserver import Person
from bridgekit.testing.loopback import LoopbackClient
from bridgekit.testing.rig import Rig

JOIN, LEAVE, INVITE = MemberState.JOIN, MemberState.LEAVE, MemberState.INVITE
ROOM = Chat(ChatID("#room"))
OURS = {"@alice:example.org", "@bridgebot:example.org"}
LEAVES, JOINS = "POST /rooms/{room}/leave", "POST /join/{target}"
REGISTER = "POST /register"


@dataclass
class Scene:
    rig: Rig
    alice: Person
    room: str = ""

    async def start(self):
        await self.rig.start()
        self.room = self.room or await self.alice.join("#loop_#room:example.org")

    async def receive(self, *events):
        client = next(iter(self.rig.network.clients.values()))
        await client.host.receive(client.login.id, *events)

    async def says(self, *changes, by=None):
        """The network tells of changes: ("bob", JOIN), …"""
        await self.receive(
            *(
                RemoteEvent(
                    ROOM, by or RemoteUserID(user), Membership(RemoteUserID(user), state, *rest)
                )
                for user, state, *rest in changes
            )
        )

    async def lists(self, *users):
        members = tuple(Member(RemoteUserID(user), name=f"{user} the great") for user in users)
        await self.receive(RemoteEvent(ROOM, None, ChatChange(ChatInfo(members=members))))

    async def settled(self):
        parts = self.rig.bridge.parts
        await self.rig.hs.pushed()
        await parts.inbox.drained()
        async with asyncio.timeout(20):
            while parts.members.busy:
                await settle()

    async def ghosts(self):
        """Who of the network is in the room, once all is done."""
        await self.settled()
        members = await self.alice.members(self.room) - OURS
        return {user.removeprefix("@loop_").partition(":")[0] for user in members}

    async def state(self, user):
        return await self.alice.state(self.room, "m.room.member", f"@loop_{user}:example.org")


@pytest.fixture
def scene(rig):
    return Scene(rig, rig.hs.person("alice"))


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


async def test_a_message_waits_for_nobody_elses_join(scene):
    await scene.start()
    gate = scene.rig.hs.delay("POST", "/join/", times=1)
    await scene.says(*((f"user{number}", JOIN) for number in range(1000)))
    await gate.reached.wait()
    await scene.rig.network.say("#room", "speaker", "now", id="m1")
    await scene.alice.wait_for(scene.room, lambda e: e["content"].get("body") == "now")
    there = await scene.alice.members(scene.room)
    assert there == {*OURS, "@loop_speaker:example.org"}
    gate.release()


async def test_a_restart_resumes_where_the_reconciler_was(scene):
    await scene.start()
    gate = scene.rig.hs.delay("POST", "/join/")
    await scene.says(*((f"user{number}", JOIN) for number in range(20)))
    await gate.reached.wait()
    await scene.rig.kill()
    gate.release()
    await scene.start()
    assert await scene.ghosts() == {f"user{number}" for number in range(20)}


async def test_a_join_that_was_made_but_not_noted_is_undone_when_they_leave(scene):
    await scene.start()
    gate = scene.rig.hs.delay("POST", "/join/")
    await scene.says(("bob", JOIN))
    await gate.reached.wait()
    await scene.rig.kill()
    gate.release()
    await scene.alice.wait_for(scene.room, lambda e: e.get("state_key", "").startswith("@loop_bob"))
    await scene.start()
    await scene.says(("bob", LEAVE))
    assert await scene.ghosts() == set()


async def test_last_words_come_before_the_leave(scene):
    await scene.start()
    await scene.says(("bob", JOIN))
    await scene.settled()
    gate = scene.rig.hs.delay("PUT", "/send/")
    bob = RemoteUserID("bob")
    await scene.receive(
        RemoteEvent(ROOM, bob, Message(from_plain("goodbye")), MessageID("m1")),
        RemoteEvent(ROOM, bob, Membership(bob, LEAVE)),
    )
    await gate.reached.wait()
    gate.release()
    assert await scene.ghosts() == set()
    events = [
        event["content"].get("body") or event["content"].get("membership")
        for event in await scene.alice.events(scene.room)
        if event["sender"] == "@loop_bob:example.org"
    ]
    assert events == ["join", "goodbye", "leave"]


async def test_who_speaks_after_leaving_is_brought_in_for_that_and_leaves_again(scene):
    await scene.start()
    await scene.says(("bob", JOIN), ("carol", JOIN))
    await scene.settled()
    await scene.says(("bob", LEAVE))
    assert await scene.ghosts() == {"carol"}
    await scene.rig.network.say("#room", "bob", "from outside", id="m1")
    await scene.alice.wait_for(scene.room, lambda e: e["content"].get("body") == "from outside")
    assert await scene.ghosts() == {"carol"}


async def test_a_ghost_that_a_moderator_put_out_stays_out_until_it_speaks(scene):
    await scene.start()
    await scene.says(("bob", JOIN))
    await scene.settled()
    kick = {"user_id": "@loop_bob:example.org"}
    await scene.rig.bridge.parts.intents._call("POST", f"rooms/{scene.room}/kick", kick)
    assert await scene.ghosts() == set()
    await scene.lists("bob", "carol")
    assert await scene.ghosts() == {"bob", "carol"}  # the network says so, after the kick


async def test_a_late_push_of_our_own_leave_is_not_believed(scene):
    await scene.start()
    await scene.says(("bob", JOIN))
    await scene.settled()
    scene.rig.hs.hold()
    await scene.says(("bob", LEAVE))
    async with asyncio.timeout(20):
        while scene.rig.bridge.parts.members.busy:
            await settle()
    await scene.says(("bob", JOIN))
    async with asyncio.timeout(20):
        while scene.rig.bridge.parts.members.busy:
            await settle()
    scene.rig.hs.release()
    assert await scene.ghosts() == {"bob"}
    (portal,) = await scene.rig.bridge.parts.portals.in_room(scene.room)
    people = scene.rig.bridge.parts.members._people
    assert await people.wanted(portal.id, RemoteUserID("bob")) is JOIN


async def test_one_who_may_not_join_stops_no_other(scene):
    await scene.start()
    scene.rig.hs.fail("POST", "/register", status=400, errcode="M_EXCLUSIVE")
    await scene.says(("aaa", JOIN), ("bob", JOIN))
    assert await scene.ghosts() == {"bob"}


async def test_a_room_that_is_slow_holds_up_no_other_room(scene):
    scene.rig.link("#other")
    await scene.start()
    other = await scene.alice.join("#loop_#other:example.org")
    gate = scene.rig.hs.delay("PUT", f"{scene.room}/send/")
    await scene.says(*((f"user{number}", JOIN) for number in range(8)))
    await scene.settled()
    await scene.rig.network.say("#room", "user0", "stuck", id="m1")
    await gate.reached.wait()
    await scene.says(*((f"user{number}", LEAVE) for number in range(8)))
    carol = RemoteUserID("carol")
    await scene.receive(RemoteEvent(Chat(ChatID("#other")), carol, Membership(carol, JOIN)))
    await scene.alice.wait_for(other, lambda e: e.get("state_key", "").startswith("@loop_carol"))
    gate.release()
    assert await scene.ghosts() == set()


async def test_a_rate_limit_is_waited_out(scene):
    await scene.start()
    scene.rig.hs.fail("POST", "/join/", status=429, retry_after_ms=20, times=3)
    await scene.says(("bob", JOIN))
    await scene.alice.wait_for(scene.room, lambda e: e.get("state_key", "").startswith("@loop_bob"))


async def test_a_name_that_cannot_be_looked_up_keeps_nobody_out(scene, monkeypatch):
    async def fails(*_):
        raise ValueError

    monkeypatch.setattr(LoopbackClient, "user_info", fails)
    await scene.start()
    await scene.says(("bob", JOIN))
    assert await scene.ghosts() == {"bob"}
