"""What people on Matrix have read, on the network: as themselves, or not at all."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import LoginError, RetryLater
from bridgekit.events import Receipt
from bridgekit.models import Direction
from bridgekit.permissions.rights import Level
from bridgekit.reasons import Reason
from bridgekit.supports import SupportsReceipt
from bridgekit.testing.loopback import only


async def test_what_a_person_with_a_login_reads_is_marked_as_read(scene):
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi alice", "m1")
    await scene.alice.read(scene.room, event)
    await scene.settled()
    assert scene.read_over_there() == [("alice", "m1")]
    assert await scene.stored() == []


@pytest.mark.parametrize("name", ["ephemeral", "de.sorunome.msc2409.ephemeral"])
async def test_receipts_are_taken_under_both_names(scene, name):
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi alice", "m1")
    assert await scene.push(scene.receipt(event), name=name) == 200
    await scene.settled()
    assert scene.read_over_there() == [("alice", "m1")]


async def test_private_and_threaded_receipts_never_leave(scene):
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi alice", "m1")
    await scene.alice.read(scene.room, event, private=True)
    await scene.push(scene.receipt(event, kind="m.read.private"), txn="1")
    await scene.push(scene.receipt(event, thread_id="$root"), txn="2")
    await scene.settled()
    assert scene.read_over_there() == []


async def test_receipts_never_go_by_the_relay(scene):
    scene.rig.permissions = {"*": Level.RELAY}
    await scene.start()
    await scene.alice_has_a_login()  # through the relay
    event = await scene.bob_says("hi alice", "m1")
    await scene.alice.read(scene.room, event)
    await scene.settled()
    assert scene.read_over_there() == []
    assert await scene.stored() == []


async def test_reading_alone_makes_nobody_a_login(scene):
    await scene.start()
    event = await scene.bob_says("hi all", "m1")
    await scene.alice.read(scene.room, event)
    await scene.settled()
    assert scene.read_over_there() == []
    assert len(scene.network.clients) == 1


async def test_rule_04_of_many_receipts_in_an_outage_the_latest_is_told(scene):
    await scene.start()
    await scene.alice_has_a_login()
    events = [await scene.bob_says(f"number {n}", f"m{n}") for n in range(5)]
    scene.network.before.append(only(lambda _: RetryLater("busy", after=0.2), Receipt))
    for event in events:
        await scene.alice.read(scene.room, event)
        await scene.rig.hs.pushed()
    await scene.network.wait(lambda: ("alice", "m4") in scene.read_over_there())
    await scene.settled()
    assert len(await scene.stored()) == 0
    assert scene.read_over_there()[-1] == ("alice", "m4")


async def test_rule_04_a_receipt_outlives_a_crash_and_is_told_once(scene):
    await scene.start()
    await scene.alice_has_a_login()
    events = [await scene.bob_says(f"number {n}", f"m{n}") for n in range(3)]
    scene.network.refuse = "not now"
    await scene.network.drop()
    for number, event in enumerate(events):
        assert await scene.push(scene.receipt(event), txn=f"t{number}") == 200
    (kept,) = await scene.stored()
    assert kept.target == events[2]
    await scene.rig.kill()
    scene.network.refuse = None
    await scene.rig.start()
    await scene.network.wait(lambda: bool(scene.read_over_there()))
    await scene.settled()
    assert scene.read_over_there() == [("alice", "m2")]


async def test_a_receipt_that_comes_while_the_bridge_still_starts_is_kept(scene):
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi", "m1")
    await scene.rig.stop()
    fault = scene.rig.hs.fail("GET", "/versions", status=502, times=None)
    starting = asyncio.create_task(scene.rig.start())
    await fault.reached.wait()
    assert await scene.push(scene.receipt(event)) == 200
    assert scene.count(Reason.NO_LOGIN) == 0
    fault.clear()
    await starting
    await scene.network.wait(lambda: scene.read_over_there() == [("alice", "m1")])


async def test_a_repeated_transaction_does_no_harm(scene):
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi", "m1")
    for _ in range(2):
        assert await scene.push(scene.receipt(event), txn="same") == 200
        await scene.settled()
    assert set(scene.read_over_there()) == {("alice", "m1")}
    assert await scene.stored() == []


async def test_a_receipt_that_cannot_be_stored_is_not_accepted(scene, monkeypatch):
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi", "m1")

    async def fails(*_):
        raise OSError("disk")

    monkeypatch.setattr(scene.rig.bridge.parts.store.writer, "write", fails)
    assert await scene.push(scene.receipt(event)) == 500


async def test_malformed_receipts_fail_no_transaction(scene):
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi", "m1")
    bad = [None, 7, {"type": "m.receipt", "room_id": scene.room, "content": {event: 7}}]
    assert await scene.push(*bad, scene.receipt(event)) == 200
    await scene.settled()
    assert scene.read_over_there() == [("alice", "m1")]


async def test_a_receipt_for_something_that_is_no_message_is_dropped_and_counted(scene):
    await scene.start()
    await scene.alice_has_a_login()
    await scene.push(scene.receipt("$nothing"))
    await scene.settled()
    assert await scene.stored() == []
    assert scene.count(Reason.TARGET_UNKNOWN) == 1


async def test_a_receipt_for_what_is_on_its_way_waits_for_it(scene):
    await scene.start()
    await scene.alice_has_a_login()
    carol = scene.rig.hs.person("carol")
    await carol.join(scene.room)
    scene.network.before.append(lambda _: RetryLater("busy", after=0.2))
    event = await carol.say(scene.room, "hello from carol")
    await scene.alice.read(scene.room, event)
    await scene.network.wait(lambda: bool(scene.read_over_there()))
    assert scene.read_over_there() == [("alice", "sent-1")]
    assert scene.count(Reason.TARGET_UNKNOWN) == 0


async def test_a_network_without_receipts_is_asked_nothing(scene):
    scene.network.lacks = frozenset({SupportsReceipt})
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi", "m1")
    await scene.alice.read(scene.room, event)
    await scene.settled()
    assert scene.read_over_there() == []
    assert await scene.stored() == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LoginError("no more"), Reason.LOGIN_REFUSED),
        (KeyError("a fault of the adapter"), Reason.INTERNAL),
    ],
)
async def test_a_receipt_that_the_network_does_not_take_is_dropped_and_counted(
    scene, error, reason
):
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi", "m1")
    scene.network.before.append(only(lambda _: error, Receipt))
    await scene.alice.read(scene.room, event)
    await scene.settled()
    assert await scene.stored() == []
    assert scene.count(reason) == 1


async def test_ghosts_and_the_bot_read_nothing_on_the_network(scene):
    await scene.start()
    await scene.alice_has_a_login()
    event = await scene.bob_says("hi", "m1")
    await scene.push(scene.receipt(event, "@loop_bob:example.org"), txn="1")
    await scene.push(scene.receipt(event, "@bridgebot:example.org"), txn="2")
    await scene.settled()
    assert scene.read_over_there() == []
    assert scene.count(Reason.DELIVERED, Direction.TO_NETWORK) == 1  # what alice said
