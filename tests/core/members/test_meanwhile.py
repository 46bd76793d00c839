"""Membership holds up no message, and no trouble with one member reaches another."""

from __future__ import annotations

import asyncio

from bridgekit.events import Membership, Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.store.changes import note
from bridgekit.testing.clock import settle
from bridgekit.testing.loopback import LoopbackClient
from tests.core.members.conftest import (
    JOIN,
    LEAVE,
    OURS,
    ROOM,
)


async def test_rule_16_a_message_waits_for_nobody_elses_join(scene):
    await scene.start()
    gate = scene.rig.hs.delay("POST", "/join/", times=1)
    await scene.says(*((f"user{number}", JOIN) for number in range(1000)))
    await gate.reached.wait()
    await scene.rig.network.say("#room", "speaker", "now", id="m1")
    await scene.alice.wait_for(scene.room, lambda e: e["content"].get("body") == "now")
    there = await scene.alice.members(scene.room)
    assert {*OURS, "@loop_speaker:example.org"} <= there
    assert len(there) < 1000
    gate.release()


async def test_a_restart_resumes_where_the_reconciler_was(scene):
    await scene.start()
    gate = scene.rig.hs.drop_request("POST", "/join/", times=None)
    await scene.says(*((f"user{number}", JOIN) for number in range(20)))
    await gate.reached.wait()
    await scene.rig.kill()
    gate.clear()
    await scene.start()
    last = "@loop_user9:"  # they are worked through in the order of their names
    await scene.alice.wait_for(scene.room, lambda e: e.get("state_key", "").startswith(last))
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


async def test_a_join_that_nobody_tells_of_is_undone_when_they_leave(scene):
    await scene.start()
    gate = scene.rig.hs.delay("POST", "/join/")
    await scene.says(("bob", JOIN))
    await gate.reached.wait()
    await scene.rig.kill()
    scene.rig.hs.hold()
    gate.release()
    await scene.alice.wait_for(scene.room, lambda e: e.get("state_key", "").startswith("@loop_bob"))
    again = scene.rig.hs.delay("POST", "/join/")
    await scene.start()
    await again.reached.wait()
    await scene.says(("bob", LEAVE))
    await scene.rig.kill()
    again.clear()
    await scene.start()
    await scene.alice.wait_for(scene.room, left)


def left(event) -> bool:
    ours = event.get("state_key", "").startswith("@loop_bob")
    return ours and event["content"].get("membership") == "leave"


async def test_last_words_come_before_the_leave(scene):
    await scene.start()
    await scene.says(("bob", JOIN))
    await scene.settled()
    gate = scene.rig.hs.delay("PUT", "/send/")
    bob, carol = RemoteUserID("bob"), RemoteUserID("carol")
    await scene.receive(
        RemoteEvent(ROOM, bob, Message(from_plain("goodbye")), MessageID("m1")),
        RemoteEvent(ROOM, bob, Membership(bob, LEAVE)),
        RemoteEvent(ROOM, carol, Membership(carol, JOIN)),
    )
    await gate.reached.wait()
    await scene.alice.wait_for(scene.room, lambda e: e.get("state_key", "").startswith("@loop_c"))
    for _ in range(20):  # long enough for the leave that must not come
        await scene.rig.bridge.parts.store.writer.write(note(0, "probe"))
        await settle()
    gate.release()
    assert await scene.ghosts() == {"carol"}
    events = [
        event["content"].get("body") or event["content"].get("membership")
        for event in await scene.alice.events(scene.room)
        if event["sender"] == "@loop_bob:example.org"
    ]
    assert events == ["join", "goodbye", "leave"]


async def test_rule_16_who_speaks_after_leaving_is_brought_in_for_that_and_leaves_again(scene):
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


async def test_who_was_put_out_and_speaks_after_a_restart_is_back_for_good(scene):
    await scene.start()
    await scene.says(("bob", JOIN), ("carol", JOIN))
    await scene.settled()
    await scene.rig.bridge.parts.intents.kick(scene.room, "@loop_bob:example.org", "")
    assert await scene.ghosts() == {"carol"}
    await scene.rig.kill()
    await scene.start()
    assert await scene.ghosts() == {"carol"}
    await scene.rig.network.say("#room", "bob", "here again", id="m1")
    await scene.alice.wait_for(scene.room, lambda e: e["content"].get("body") == "here again")
    assert await scene.ghosts() == {"bob", "carol"}


async def test_a_late_push_of_our_own_leave_is_not_believed(scene):
    await scene.start()
    await scene.says(("bob", JOIN))
    await scene.settled()
    scene.rig.hs.hold()
    await scene.says(("bob", LEAVE))
    async with asyncio.timeout(60):
        while scene.rig.bridge.parts.matrix.members.busy:
            await settle()
    await scene.says(("bob", JOIN))
    async with asyncio.timeout(60):
        while scene.rig.bridge.parts.matrix.members.busy:
            await settle()
    scene.rig.hs.release()
    assert await scene.ghosts() == {"bob"}
    (portal,) = await scene.rig.bridge.parts.portals.in_room(scene.room)
    want = await scene.rig.bridge.parts.matrix.members.rows.want(portal.id, RemoteUserID("bob"))
    assert want.state is JOIN


async def test_one_who_may_not_join_stops_no_other(scene):
    await scene.start()
    scene.rig.hs.fail("POST", "/register", status=400, errcode="M_EXCLUSIVE")
    await scene.says(("aaa", JOIN), ("bob", JOIN))  # at once: either may be the first to ask
    assert await scene.ghosts() in ({"aaa"}, {"bob"})


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
