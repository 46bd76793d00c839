"""What people of the network have read, shown by their ghosts."""

from __future__ import annotations

from bridgekit.events import Receipt
from bridgekit.ids import MessageID
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.store.receipts import ReadUpTo, save_receipts
from tests.core.to_network.conftest import Gate


async def test_a_ghost_reads_what_its_user_has_read(scene):
    await scene.start()
    event = await scene.alice_has_a_login()
    await scene.bob_says("hi", "m1")
    await scene.network.person("bob").read("#room", "sent-0")
    await scene.settled()
    assert ("@loop_bob:example.org", event) in scene.ghosts_read()
    assert await scene.stored() == []


async def test_who_only_reads_is_not_brought_in_for_it(scene):
    await scene.start()
    await scene.alice_has_a_login()
    await scene.network.person("lurker").read("#room", "sent-0")
    await scene.settled()
    assert "@loop_lurker:example.org" not in await scene.alice.members(scene.room)
    assert scene.count(Reason.NO_CHANGE, Direction.TO_MATRIX) == 1


async def test_what_a_login_of_a_person_has_read_is_no_ghosts(scene):
    await scene.start()
    await scene.alice_has_a_login()
    await scene.bob_says("hi", "m1")
    await scene.network.person("alice").read("#room", "m1")
    await scene.settled()
    assert scene.ghosts_read() == []
    assert scene.count(Reason.OWN_ECHO, Direction.TO_MATRIX) >= 1


async def test_rule_04_while_the_homeserver_is_down_only_the_latest_is_kept(scene):
    await scene.start()
    for number in range(4):
        await scene.says(scene.alice, f"number {number}")
    await scene.bob_says("hi", "m1")
    before = len(scene.ghosts_read())
    fault = scene.rig.hs.fail("POST", "/receipt/", status=502, times=None)
    for number in range(4):
        await scene.network.person("bob").read("#room", f"sent-{number}")
    assert [one.target for one in await scene.stored()] == ["sent-3"]
    receipts = scene.rig.bridge.parts.matrix.ephemeral.receipts
    await scene.until(lambda: not receipts.busy)  # it waits for its next try
    fault.clear()
    receipts.wake(1)
    await scene.until(lambda: len(scene.ghosts_read()) > before)
    await scene.settled()
    assert len(scene.ghosts_read()) == before + 1


async def test_a_receipt_for_what_is_not_linked_yet_is_shown_once_it_is(scene):
    await scene.start()
    await scene.bob_says("hi", "m1")
    await scene.network.person("bob").read("#room", "m2")
    await scene.settled()
    assert [one.target for one in await scene.stored()] == ["m2"]
    await scene.network.say("#room", "carol", "read me", id="m2")
    shown = await scene.alice.wait_for(
        scene.room, lambda event: event["content"].get("body") == "read me"
    )
    await scene.settled()
    scene.rig.bridge.parts.matrix.ephemeral.receipts.wake(1)
    await scene.settled()
    assert ("@loop_bob:example.org", shown["event_id"]) in scene.ghosts_read()
    assert await scene.stored() == []


async def test_a_receipt_for_what_we_sent_is_shown_as_soon_as_that_is_linked(scene):
    """The lane goes on with the next message, which takes its time."""
    await scene.start()
    await scene.alice_has_a_login()
    await scene.bob_says("hi", "m1")
    sent, held = Gate(), Gate()
    scene.network.after.append(sent)
    event = await scene.alice.say(scene.room, "one")
    await sent.reached.wait()
    await scene.network.person("bob").read("#room", "sent-1")
    receipts = scene.rig.bridge.parts.matrix.ephemeral.receipts
    await scene.until(lambda: receipts._waits)  # it was looked for in vain
    scene.network.before.append(held)
    await scene.alice.say(scene.room, "two")
    sent.open()
    await held.reached.wait()
    await scene.until(lambda: ("@loop_bob:example.org", event) in scene.ghosts_read())
    held.open()
    await scene.settled()


async def test_a_receipt_for_what_an_echo_names_is_shown_with_it(scene):
    scene.network.late_ids = True
    await scene.start()
    event = await scene.alice_has_a_login()
    await scene.bob_says("hi", "m1")
    await scene.network.person("bob").read("#room", "late")
    await scene.settled()
    assert [one.target for one in await scene.stored()] == ["late"]
    txn = scene.network.heard[-1].txn
    await scene.network.say("#room", "alice", "hello from alice", id="late", txn=txn)
    await scene.until(lambda: ("@loop_bob:example.org", event) in scene.ghosts_read())


async def test_a_receipt_is_stored_with_the_cursor_that_brought_it(scene):
    await scene.start()
    client = next(iter(scene.network.clients.values()))
    host, login = client.host, client.login.id
    await scene.bob_says("hi", "m1")
    await scene.network.person("bob").read("#room", "later")
    await host.receive(login, cursor="7")
    await scene.rig.kill()
    await scene.rig.start()
    assert [one.target for one in await scene.stored()] == ["later"]


async def test_an_id_that_no_database_keeps_is_set_aside(scene):
    await scene.start()
    await scene.network.emit("#room", "bob", Receipt(MessageID("half \ud800")))
    await scene.settled()
    assert await scene.stored() == []
    assert scene.count(Reason.BROKEN_RECORD, Direction.TO_MATRIX) == 1


async def test_a_login_that_its_person_shares_with_us_is_no_ghost_either(scene):
    await scene.start()
    await scene.alice_has_a_login()
    parts = scene.rig.bridge.parts
    (portal,) = await parts.portals.in_room(scene.room)
    at = int(scene.rig.clock.now().timestamp() * 1000)
    read = ReadUpTo(portal.id, Direction.TO_MATRIX, "alice", "sent-0", at)
    await parts.store.writer.write(save_receipts([read]))
    before = scene.count(Reason.OWN_ECHO, Direction.TO_MATRIX)
    parts.matrix.ephemeral.receipts.wake(portal.id)
    await scene.settled()
    assert await scene.stored() == []
    assert scene.count(Reason.OWN_ECHO, Direction.TO_MATRIX) == before + 1


async def test_who_has_just_come_is_waited_for(scene):
    await scene.start()
    event = await scene.alice_has_a_login()
    fault = scene.rig.hs.fail("POST", "/join/", status=502, times=None)
    await scene.network.person("dave").join("#room")
    await scene.network.person("dave").read("#room", "sent-0")
    receipts = scene.rig.bridge.parts.matrix.ephemeral.receipts
    await scene.until(lambda: not receipts.busy)
    assert [one.user for one in await scene.stored()] == ["dave"]
    fault.clear()
    members = scene.rig.bridge.parts.matrix.members
    members.wake(1)
    await scene.alice.wait_for(
        scene.room,
        lambda one: (
            one.get("state_key") == "@loop_dave:example.org"
            and one["content"]["membership"] == "join"
        ),
    )
    await scene.until(lambda: not members.busy)
    receipts.wake(1)
    await scene.until(lambda: ("@loop_dave:example.org", event) in scene.ghosts_read())
