"""What the fake homeserver does beyond Synapse's behaviour: misbehave on demand, and tell of it."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientError

from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.homeserver import FakeHomeserver, MatrixError
from bridgekit.testing.recorder import recorder
from bridgekit.testing.servers import free_port

SEND = "PUT /rooms/{room}/send/{type}/{txn}"


@pytest.fixture
def registration():
    return {
        "id": "bridge",
        "url": f"http://127.0.0.1:{free_port()}",
        "as_token": "as-token",
        "hs_token": "hs-token",
        "sender_localpart": "bot",
        "receive_ephemeral": True,
        "namespaces": {"users": [{"exclusive": True, "regex": "@net_.*:example.org"}]},
    }


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
async def homeserver(registration, clock):
    async with FakeHomeserver(clock=clock) as homeserver:
        homeserver.load_registration(registration)
        yield homeserver


@pytest.fixture
async def bridge(registration, homeserver):
    async with recorder(registration, homeserver.url) as bridge:
        yield bridge


@pytest.fixture
async def room(homeserver, bridge):
    """A public room of alice's with the bot in it."""
    room = await homeserver.person("alice").create_room(preset="public_chat")
    await bridge.ask("POST", f"/v3/join/{room}", {})
    await homeserver.pushed()
    return room


async def send(bridge, room, body, txn):
    path = f"/v3/rooms/{room}/send/m.room.message/{txn}"
    return await bridge.ask("PUT", path, {"msgtype": "m.text", "body": body})


async def test_a_fault_fails_as_often_as_it_was_told_to(homeserver, bridge, room):
    homeserver.fail("PUT", "/send/", status=429, errcode="M_LIMIT_EXCEEDED", retry_after_ms=50)
    with pytest.raises(MatrixError) as failure:
        await send(bridge, room, "hello", "t1")
    assert failure.value.status == 429
    assert failure.value.body["retry_after_ms"] == 50
    await send(bridge, room, "hello", "t1")
    assert await homeserver.person("alice").bodies(room) == ["hello"]
    assert homeserver.requests[SEND] == 2


async def test_a_lost_answer_leaves_its_effect_and_the_repetition_adds_nothing(
    homeserver, bridge, room
):
    fault = homeserver.lose_answer("PUT", "/send/")
    with pytest.raises(ClientError):
        await send(bridge, room, "hello", "t1")
    assert fault.struck == 1
    assert await homeserver.person("alice").bodies(room) == ["hello"]
    await send(bridge, room, "hello", "t1")
    assert await homeserver.person("alice").bodies(room) == ["hello"]


async def test_a_dropped_request_has_no_effect(homeserver, bridge, room):
    homeserver.drop_request("PUT", "/send/")
    with pytest.raises(ClientError):
        await send(bridge, room, "hello", "t1")
    assert await homeserver.person("alice").bodies(room) == []


async def test_who_goes_before_they_are_cut_off_is_no_fault(homeserver, bridge, room, caplog):
    gate = homeserver.delay("PUT", "/send/")
    homeserver.drop_request("PUT", "/send/")
    sending = asyncio.create_task(send(bridge, room, "hello", "t1"))
    await gate.reached.wait()
    sending.cancel()
    await settle()
    gate.release()
    await settle()
    assert [record.getMessage() for record in caplog.records] == []


async def test_a_restart_forgets_transaction_ids_and_keeps_rooms(homeserver, bridge, room):
    url = homeserver.url
    first = await send(bridge, room, "hello", "t1")
    await homeserver.restart()
    assert homeserver.url == url
    assert await send(bridge, room, "hello", "t1") != first
    assert await homeserver.person("alice").bodies(room) == ["hello", "hello"]


async def test_a_delayed_request_takes_effect_when_it_is_released(homeserver, bridge, room):
    gate = homeserver.delay("PUT", "/send/")
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(send(bridge, room, "hello", "t1"))
        await gate.reached.wait()
        assert await homeserver.person("alice").bodies(room) == []
        gate.release()
        await sending
    assert await homeserver.person("alice").bodies(room) == ["hello"]


async def test_a_stop_cuts_off_who_waits_and_a_start_serves_again(homeserver, bridge, room):
    gate = homeserver.delay("PUT", "/send/")
    sending = asyncio.ensure_future(send(bridge, room, "hello", "t1"))
    await gate.reached.wait()
    await homeserver.stop()
    with pytest.raises(ClientError):
        await sending
    with pytest.raises(ClientError):
        await send(bridge, room, "hello", "t1")
    gate.clear()
    await homeserver.start()
    await send(bridge, room, "hello", "t1")
    assert await homeserver.person("alice").bodies(room) == ["hello"]


async def test_what_happens_while_the_homeserver_is_down_is_pushed_when_it_is_back(
    homeserver, bridge, room
):
    await homeserver.stop()
    seen = len(bridge.events)
    await homeserver.person("alice").say(room, "hello")
    assert len(bridge.events) == seen
    await homeserver.start()
    await homeserver.pushed()
    assert bridge.events[-1]["content"]["body"] == "hello"


async def test_held_events_are_pushed_together_in_order(homeserver, bridge, room):
    homeserver.hold()
    for body in "abc":
        await homeserver.person("alice").say(room, body)
    homeserver.release()
    await homeserver.pushed()
    assert [event["content"]["body"] for event in bridge.transactions[-1].events] == ["a", "b", "c"]


async def test_a_failed_push_is_repeated_after_two_seconds_then_four(
    homeserver, bridge, room, clock
):
    bridge.answers += [500, 500]
    await homeserver.person("alice").say(room, "hello")
    for refusals, seconds in ((1, 2), (2, 4)):
        await clock.wait_for_timer(within=seconds)
        assert _statuses(bridge).count(500) == refusals
        await clock.advance(seconds - 1)
        assert _statuses(bridge)[-1] == 500
        assert _statuses(bridge).count(500) == refusals
        await clock.advance(1)
    await homeserver.pushed()
    assert len({pushed.id for pushed in bridge.transactions[-3:]}) == 1


async def test_a_ping_that_is_answered_ends_the_back_off(homeserver, bridge, room, clock):
    bridge.answers += [500]
    await homeserver.person("alice").say(room, "hello")
    await clock.wait_for_timer(within=2)
    await bridge.ask("POST", "/v1/appservice/bridge/ping", {})
    await homeserver.pushed()
    assert clock.pending is None
    assert bridge.events[-1]["content"]["body"] == "hello"


async def test_a_replayed_transaction_has_its_id_and_its_events(homeserver, bridge, room):
    await homeserver.person("alice").say(room, "hello")
    await homeserver.pushed()
    assert await homeserver.replay_last() == [200]
    first, again = bridge.transactions[-2:]
    assert (first.id, first.events) == (again.id, again.events)
    assert homeserver.delivered()[-1].id == first.id


async def test_any_transaction_can_be_pushed(homeserver, bridge):
    assert await homeserver.push_transaction("a/b", {"events": [{"type": "odd"}]}) == 200
    assert (bridge.transactions[-1].id, bridge.events[-1]) == ("a/b", {"type": "odd"})


async def test_a_person_waits_for_what_others_say(homeserver, bridge, room):
    async with asyncio.TaskGroup() as tasks:
        alice = homeserver.person("alice")
        waiting = tasks.create_task(alice.wait_for(room, lambda e: e["content"].get("body") == "x"))
        event = await send(bridge, room, "x", "t1")
        assert (await waiting)["event_id"] == event["event_id"]


def _statuses(bridge):
    return [pushed.status for pushed in bridge.transactions]
