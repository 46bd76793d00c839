"""Nothing lost, nothing doubled, order kept: whatever dies between a network and a room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridgekit.ids import PortalID, RoomID
from bridgekit.matrix.late_answers import MARKER
from bridgekit.signing import Signer
from bridgekit.store.failure import StoreDown
from bridgekit.store.intake import Put

SEND = "PUT /rooms/{room}/send/{type}/{txn}"


def transactions(rig):
    return [path.rpartition("/")[2] for path, _ in rig.hs.world.answered]


async def test_an_event_that_was_acknowledged_survives_a_kill(rig, watch):
    await rig.start()
    eye = await watch(rig)
    gate = rig.hs.drop_request("PUT", "/send/", times=None)
    await rig.network.say("#room", "bob", "hello", id="m1")
    await rig.kill()
    gate.clear()
    await rig.start()
    await eye.sees("hello")


@pytest.mark.parametrize("restarted", [False, True], ids=["same", "restarted"])
async def test_rule_14_a_kill_between_send_and_commit_doubles_nothing(rig, watch, restarted):
    await rig.start()
    eye = await watch(rig)
    gate = rig.hs.delay("PUT", "/send/")
    await rig.network.say("#room", "bob", "one", id="m1")
    await gate.reached.wait()
    await rig.kill()
    gate.release()  # the homeserver takes it after all
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "one")
    if restarted:
        await rig.hs.restart()  # and does not remember that it did
    await rig.start()
    await rig.network.say("#room", "bob", "two", id="m2")
    await eye.sees("one", "two")


async def test_rule_14_an_event_that_came_back_before_the_kill_is_found_in_the_history(rig, watch):
    await rig.start()
    eye = await watch(rig)
    gate = rig.hs.lose_answer("PUT", "/send/", times=None)
    back = rig.hs.delay("GET", "/messages")  # the bridge looks, and dies looking
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "one")
    await rig.hs.pushed()
    await rig.kill()
    gate.clear()
    back.release()
    await rig.hs.restart()
    await rig.start()
    await rig.network.say("#room", "bob", "two", id="m2")
    await eye.sees("one", "two")
    assert rig.hs.requests[SEND] == 2


async def test_rule_14_an_answer_that_is_lost_while_running_is_looked_for_not_sent_again(
    rig, watch
):
    await rig.start()
    eye = await watch(rig)
    rig.hs.lose_answer("PUT", "/send/")
    await rig.network.say("#room", "bob", "one", id="m1")
    await rig.network.say("#room", "bob", "two", id="m2")
    await eye.sees("one", "two")
    assert rig.hs.requests[SEND] == 2


async def test_a_request_that_is_lost_is_sent_again(rig, watch):
    await rig.start()
    eye = await watch(rig)
    fault = rig.hs.drop_request("PUT", "/send/")
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")
    assert fault.struck == 1


async def test_rule_14_many_events_in_doubt_cost_one_look_into_the_history(rig, watch):
    await rig.start()
    eye = await watch(rig)
    gate = rig.hs.drop_request("PUT", "/send/", times=None)
    for number in range(12):
        await rig.network.say("#room", "bob", f"line {number}", id=f"m{number}")
    await rig.kill()
    gate.clear()
    rig.hs.requests.clear()
    await rig.start()
    await eye.sees(*(f"line {number}" for number in range(12)))
    assert rig.hs.requests["GET /rooms/{room}/messages"] == 1


async def test_a_homeserver_that_is_down_gets_the_backlog_in_order(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.hs.stop()
    for number in range(30):
        await rig.network.say("#room", f"user{number % 3}", f"line {number}", id=f"m{number}")
    await rig.hs.start()
    await eye.alice.say(eye.room, "back")  # the push that wakes the lanes
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "line 29")
    await eye.settled()
    bodies = [body for body in await eye.bodies() if body != "back"]
    assert bodies == [f"line {number}" for number in range(30)]


async def test_a_rate_limit_holds_its_room_only_and_as_long_as_it_says(slow_rig, clock, watch):
    slow_rig.link("#other")
    await slow_rig.start()
    limited, free = await watch(slow_rig), await watch(slow_rig, "#other")
    fault = slow_rig.hs.fail(
        "PUT",
        f"{limited.room}/send/",
        status=429,
        errcode="M_LIMIT_EXCEEDED",
        retry_after_ms=90_000,
    )
    await slow_rig.network.say("#room", "bob", "held", id="m1")
    await fault.reached.wait()
    await slow_rig.network.say("#other", "bob", "goes", id="m2")
    await free.sees("goes")
    await clock.wait_for_timer(within=90)
    await clock.advance(88)
    assert await limited.bodies() == []
    await clock.advance(3)
    await limited.sees("held")


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_failure_of_the_homeserver_is_tried_again(rig, watch, status):
    await rig.start()
    eye = await watch(rig)
    rig.hs.fail("PUT", "/send/", status=status)
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")


async def test_a_token_that_is_unknown_for_a_while_loses_nothing(rig, watch):
    await rig.start()
    eye = await watch(rig)
    rig.hs.fail("PUT", "/send/", status=401, errcode="M_UNKNOWN_TOKEN")
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")


async def test_rule_12_transaction_ids_differ_between_ghosts_and_come_back_after_a_restart(
    rig, watch
):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "same", id="m1")
    await rig.network.say("#room", "carol", "same", id="m2")
    await eye.sees("same", "same")
    first = transactions(rig)
    assert len(set(first)) == 2
    instance = rig.bridge.parts.store.instance
    signer = Signer(rig.config.appservice.signing_key, instance)
    (portal,) = await rig.bridge.parts.portals.in_room(eye.room)
    assert first == [signer.txn(portal.id, f"id {name}", "message", 0) for name in ("m1", "m2")]


def test_rule_12_a_transaction_id_is_of_one_portal_source_kind_and_part():
    signer = Signer(b"secret", "instance")
    one = signer.txn(PortalID(1), "a", "message", 0)
    others = {
        signer.txn(PortalID(2), "a", "message", 0),
        signer.txn(PortalID(1), "b", "message", 0),
        signer.txn(PortalID(1), "a", "edit", 0),
        signer.txn(PortalID(1), "a", "message", 1),
        Signer(b"secret", "restored").txn(PortalID(1), "a", "message", 0),
        Signer(b"other", "instance").txn(PortalID(1), "a", "message", 0),
    }
    assert one not in others
    assert len(others) == 6


async def test_an_id_and_a_key_that_are_spelled_alike_are_two_messages(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "by id", id="5")
    await rig.network.say("#room", "bob", "by key", key="5")
    await eye.sees("by id", "by key")


async def test_rule_13_an_event_carries_our_marker_and_the_time_it_was_said(rig, watch):
    await rig.start()
    eye = await watch(rig)
    at = datetime.now(UTC) - timedelta(minutes=5)
    await rig.network.say("#room", "bob", "earlier", id="m1", at=at)
    (event,) = await eye.sees("earlier")
    millis = int(at.timestamp() * 1000)
    assert abs(event["origin_server_ts"] - millis) <= 1
    (portal,) = await rig.bridge.parts.portals.in_room(eye.room)
    signer = Signer(rig.config.appservice.signing_key, rig.bridge.parts.store.instance)
    at_sent = event["origin_server_ts"]
    assert event["content"][MARKER] == signer.marker(
        portal.id, RoomID(eye.room), "id m1", 0, at_sent
    )


async def test_a_proxy_that_finds_no_homeserver_for_a_while_loses_nothing(rig, watch):
    await rig.start()
    eye = await watch(rig)
    rig.hs.fail("PUT", "/send/", status=404, errcode="", times=3)
    for number in range(4):
        await rig.network.say("#room", "bob", f"said {number}", id=f"m{number}")
    await eye.sees("said 0", "said 1", "said 2", "said 3")


async def test_a_network_whose_clock_is_fast_is_not_believed(rig, watch):
    await rig.start()
    eye = await watch(rig)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await rig.network.say("#room", "bob", "from tomorrow", id="m1", at=tomorrow)
    (event,) = await eye.sees("from tomorrow")
    assert event["origin_server_ts"] < tomorrow.timestamp() * 1000 - 3_600_000


async def test_rule_13_our_own_events_are_not_bridged_when_they_are_pushed_back(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "from the network", id="m1")
    await eye.sees("from the network")
    await rig.hs.pushed()
    await eye.alice.say(eye.room, "from alice")
    await rig.network.wait(lambda: rig.network.texts() == ["from alice"])


async def test_rule_13_a_person_who_copies_the_marker_is_still_bridged(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "original", id="m1")
    (event,) = await eye.sees("original")
    copy = {"msgtype": "m.text", "body": "mine", MARKER: event["content"][MARKER]}
    await eye.alice.send(eye.room, "m.room.message", copy)
    await rig.network.wait(lambda: rig.network.texts() == ["mine"])


async def test_rule_24_a_store_that_cannot_commit_is_not_acknowledged_and_loses_nothing(
    rig, watch, monkeypatch
):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "before", id="m1")
    await eye.sees("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Put, "apply", full)
        with pytest.raises(StoreDown):
            await rig.network.say("#room", "bob", "again", id="m2")
    await rig.bridge.parts.store.writer.healthy()
    await rig.network.say("#room", "bob", "again", id="m2")
    await eye.sees("before", "again")


async def test_rule_26_stopping_lets_a_send_in_flight_finish(rig, watch):
    await rig.start()
    eye = await watch(rig)
    gate = rig.hs.delay("PUT", "/send/")
    await rig.network.say("#room", "bob", "one", id="m1")
    await gate.reached.wait()
    rig._stop.set()
    await rig.network.say("#room", "bob", "two", id="m2")  # stored, not claimed any more
    gate.release()
    await rig.stop()
    assert await eye.bodies() == ["one"]
    rig.hs.requests.clear()
    await rig.start()
    await eye.sees("one", "two")
    assert rig.hs.requests[SEND] == 1


async def test_a_transaction_while_stopping_is_stored_or_refused_never_lost(rig, watch):
    await rig.start()
    eye = await watch(rig)
    gate = rig.hs.delay("PUT", "/send/")
    await rig.network.say("#room", "bob", "one", id="m1")
    await gate.reached.wait()
    rig._stop.set()
    await eye.alice.say(eye.room, "while stopping")
    gate.release()
    await rig.stop()
    await rig.start()
    await rig.network.wait(lambda: rig.network.texts() == ["while stopping"])
