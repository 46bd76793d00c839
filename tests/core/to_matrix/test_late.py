"""What is about a message that is not there yet, or never will be (delivery rule 20)."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.events import Deletion, Edit, Message, Pin, Raw, Reaction, RemoteEvent, Vote
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.lanes.parking import PATIENCE
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.testing.clock import settle

ROOM, BOB = Chat(ChatID("#room")), RemoteUserID("bob")
M1 = MessageID("m1")


@pytest.fixture
async def eye(rig, watch):
    await rig.start()
    return await watch(rig)


@pytest.fixture
def bob(rig):
    return rig.network.person("bob")


def happens(content, **fields):
    return RemoteEvent(ROOM, BOB, content, **fields)


async def test_rule_20_what_is_about_a_message_that_comes_later_waits_for_it_in_order(eye, bob):
    await bob.edit("#room", "m1", "two", "1")
    await bob.edit("#room", "m1", "three", "2")
    await bob.react("#room", "m1", "👍")
    await bob.say("#room", "meanwhile", id="m0")
    await bob.say("#room", "one", id="m1")
    await eye.alice.wait_for(eye.room, lambda event: event["type"] == "m.reaction")
    await eye.sees("meanwhile", "one", "* two", "* three")


async def test_rule_20_a_late_relation_outlives_a_restart(eye, bob, rig):
    await bob.edit("#room", "m1", "two", "1")
    await bob.say("#room", "meanwhile", id="m0")
    await eye.sees("meanwhile")
    await rig.kill()
    await rig.start()
    await bob.say("#room", "one", id="m1")
    await eye.sees("meanwhile", "one", "* two")


async def test_rule_20_a_deletion_decides_what_waits_for_its_message(eye, bob):
    await bob.edit("#room", "m1", "two", "1")
    await bob.delete("#room", "m1")
    await bob.say("#room", "end", id="m2")
    await eye.sees("end")
    assert eye.count(Reason.TARGET_GONE) == 1


async def test_rule_20_what_is_about_a_message_that_failed_is_decided_at_once(eye, bob, rig):
    rig.hs.fail("PUT", "/send/m.room.message", status=400, errcode="M_BAD_JSON", times=None)
    await bob.say("#room", "refused", id="m1")
    await bob.react("#room", "m1", "👍")
    await asyncio.wait_for(_counted(eye, Reason.TARGET_NOT_BRIDGED), 60)


async def test_rule_20_what_waits_in_vain_is_reported(slow_rig, clock, watch):
    await slow_rig.start()
    eye = await watch(slow_rig)
    bob = slow_rig.network.person("bob")
    await bob.react("#room", "m1", "👍")
    await bob.say("#room", "one", id="m2")
    await eye.sees("one")
    await clock.advance(PATIENCE - 1)
    assert not eye.count(Reason.TARGET_UNKNOWN)
    await asyncio.wait_for(_passing(clock, eye, Reason.TARGET_UNKNOWN), 60)


async def test_rule_20_what_is_behind_in_its_lane_is_waited_for_however_long_the_lane_stood_still(
    slow_rig, clock, watch
):
    await slow_rig.start()
    eye = await watch(slow_rig)
    bob = slow_rig.network.person("bob")
    await slow_rig.hs.stop()
    await bob.say("#room", "first", id="m0")
    await bob.edit("#room", "m1", "two", "1")
    await bob.say("#room", "one", id="m1")
    await clock.advance(PATIENCE + 1)
    await slow_rig.hs.start()
    seeing = asyncio.create_task(eye.sees("first", "one", "* two"))
    async with asyncio.timeout(60):
        while not seeing.done():
            await clock.advance(1)
    await seeing


async def test_rule_20_only_so_much_waits_for_what_may_never_come(eye, bob, monkeypatch):
    monkeypatch.setattr("bridgekit.lanes.aside.CROWD", 2)
    for number in range(5):
        await bob.react("#room", f"lost {number}", "👍")
    await bob.say("#room", "end", id="m2")
    await eye.sees("end")
    assert eye.count(Reason.TARGET_UNKNOWN) == 3


@pytest.mark.parametrize(
    "content",
    [
        Edit(M1, Message(from_plain("again"))),
        Reaction(M1, "👍"),
        Pin(M1),
        Vote(M1, (0,)),
        Deletion(M1),
    ],
    ids=lambda content: type(content).__name__,
)
async def test_what_is_about_itself_is_decided_at_once(eye, bob, rig, content):
    await bob.say("#room", "before", id="m0")
    await eye.sees("before")  # nothing waits behind the past any more
    await rig.network.deliver(happens(content, id=M1))
    await bob.say("#room", "end", id="m2")
    await eye.sees("before", "end")
    assert eye.count(Reason.TARGET_UNKNOWN) == 1


async def test_rule_23_all_that_a_raw_event_means_is_bridged_in_order(eye, rig):
    meaning = [
        happens(Message(from_plain("one")), id=M1),
        happens(Edit(M1, Message(from_plain("two")), "1")),
        happens(Reaction(M1, "👍")),
        happens(Message(from_plain("end")), id=MessageID("m2")),
    ]
    await rig.network.raw("#room", "k1", b"a", lambda: meaning)
    await eye.alice.wait_for(eye.room, lambda event: event["type"] == "m.reaction")
    await eye.sees("one", "end", "* two")


async def test_rule_23_a_raw_event_about_a_later_message_holds_up_nothing(eye, bob, rig):
    meaning = [happens(Reaction(M1, "👍")), happens(Message(from_plain("b")), id=MessageID("m2"))]
    await rig.network.deliver(Raw(ROOM, "k0", b"a"))
    rig.network.meanings[b"a"] = lambda: meaning
    await bob.say("#room", "one", id="m1")
    await eye.alice.wait_for(eye.room, lambda event: event["type"] == "m.reaction")


async def _counted(eye, reason):
    while not eye.count(reason):
        await settle()


async def _passing(clock, eye, reason):
    while not eye.count(reason):
        await clock.advance(30)
