"""What the core takes for granted about what it is pushed, and about pings.

`stage` is Synapse in one run and the fake in the other: where Synapse fails a test here, the fake
is wrong too.
"""

from __future__ import annotations

import itertools


async def test_a_pushed_message_has_this_shape(stage):
    alice, body = await stage.person(), stage.unique()
    room = await stage.joint_room(alice)
    event_id = await alice.say(room, body)
    pushed = await stage.pushed_body(body)
    age = pushed.pop("age")
    assert pushed.pop("unsigned") == {"age": age}
    assert pushed.pop("origin_server_ts") > 1_000_000_000_000
    assert pushed == {
        "type": "m.room.message",
        "room_id": room,
        "event_id": event_id,
        "sender": alice.user_id,
        "user_id": alice.user_id,
        "content": {"msgtype": "m.text", "body": body},
    }


async def test_the_bridges_own_events_are_pushed_back(stage):
    ghost, room, body = await stage.ghost(), await stage.room(preset="public_chat"), stage.unique()
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    await stage.say(room, body, user=ghost)
    assert (await stage.pushed_body(body))["sender"] == ghost


async def test_events_are_pushed_in_the_order_in_which_they_happened(stage):
    alice = await stage.person()
    room = await stage.joint_room(alice)
    sent = [await alice.say(room, str(n)) for n in range(30)]
    await stage.bridge.event(lambda event: event["event_id"] == sent[-1])
    pushed = [event["event_id"] for event in stage.bridge.events]
    assert [event for event in pushed if event in sent] == sent


async def test_an_invitation_is_pushed_with_what_may_be_known_of_the_room(stage):
    alice, ghost = await stage.person(), await stage.ghost()
    room = await alice.create_room(name="Den", invite=[ghost], direct=True)
    pushed = await stage.bridge.event(lambda event: event["room_id"] == room)
    assert pushed["state_key"] == ghost
    assert pushed["content"]["membership"] == "invite"
    assert pushed["content"]["is_direct"] is True
    stripped = {event["type"]: event for event in pushed["unsigned"]["invite_room_state"]}
    assert stripped["m.room.name"]["content"] == {"name": "Den"}
    assert stripped["m.room.create"]["sender"] == alice.user_id


async def test_a_room_is_pushed_from_the_bridges_joining_to_its_leaving(stage):
    alice, ghost = await stage.person(), await stage.ghost()
    room = await alice.create_room(invite=[ghost])
    await alice.say(room, "before")
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    await alice.say(room, "between")
    await stage.bridge.ask("POST", f"/v3/rooms/{room}/leave", {}, user=ghost)
    await alice.say(room, "after")
    await alice.invite(room, ghost)

    def seen():
        events = [event["content"] for event in stage.bridge.events if event["room_id"] == room]
        return [content.get("body") or content["membership"] for content in events]

    await stage.bridge.wait_for(lambda: seen().count("invite") > 1)
    assert seen() == ["invite", "join", "between", "leave", "invite"]


async def test_a_changed_display_name_shows_in_the_rooms_and_is_pushed(stage):
    alice, name = await stage.person(), stage.unique("Alice ")
    room = await stage.joint_room(alice)
    await alice.set_display_name(name)
    pushed = await stage.bridge.event(lambda event: event["content"].get("displayname") == name)
    assert (pushed["room_id"], pushed["state_key"]) == (room, alice.user_id)
    assert pushed["unsigned"]["prev_content"]["membership"] == "join"


async def test_a_ghost_names_itself_and_nobody_else(stage):
    ghost, other = await stage.ghost(), await stage.ghost()
    path = f"/v3/profile/{ghost}/displayname"
    await stage.bridge.ask("PUT", path, {"displayname": "Ghost"}, user=ghost)
    assert await stage.bridge.ask("GET", path) == {"displayname": "Ghost"}
    with stage.refused(400, "M_FORBIDDEN"):
        await stage.bridge.ask("PUT", path, {"displayname": "Other"}, user=other)


async def test_typing_and_receipts_are_pushed_under_the_names_that_the_registration_asks_for(stage):
    alice = await stage.person()
    room = await stage.joint_room(alice)
    event = await alice.say(room, "read me")
    await alice.typing(room)
    await alice.read(room, event)

    def seen():
        bodies = [pushed.body for pushed in stage.bridge.transactions]
        pushed = [body["ephemeral"] for body in bodies]
        assert pushed == [body["de.sorunome.msc2409.ephemeral"] for body in bodies]
        return {e["type"]: e for e in itertools.chain(*pushed) if e.get("room_id") == room}

    found = await stage.bridge.wait_for(lambda: len(seen()) > 1 and seen())
    assert found["m.typing"]["content"] == {"user_ids": [alice.user_id]}
    assert alice.user_id in found["m.receipt"]["content"][event]["m.read"]


async def test_a_refused_transaction_is_repeated_with_its_id_before_anything_else(stage):
    alice = await stage.person()
    room = await stage.joint_room(alice)
    stage.bridge.answers += [500]
    await alice.say(room, "refused")
    await stage.bridge.wait_for(lambda: stage.bridge.transactions[-1].status == 500)
    await alice.say(room, "behind it")
    await stage.bridge.ask("POST", "/v1/appservice/behaviour/ping", {})
    await stage.pushed_body("behind it")
    statuses = [pushed.status for pushed in stage.bridge.transactions]
    refused_one, again = stage.bridge.transactions[statuses.index(500) :][:2]
    assert again.id == refused_one.id
    assert [e["event_id"] for e in again.events] == [e["event_id"] for e in refused_one.events]
    accepted = [int(pushed.id) for pushed in stage.bridge.transactions if pushed.status == 200]
    assert accepted == sorted(set(accepted))


async def test_a_ping_reaches_the_bridge_and_says_how_long_it_took(stage):
    body = {"transaction_id": "mine"}
    answer = await stage.bridge.ask("POST", "/v1/appservice/behaviour/ping", body)
    assert answer["duration_ms"] >= 0
    assert stage.bridge.pings[-1] == body


async def test_a_ping_that_the_bridge_refuses_names_its_status(stage):
    stage.bridge.answers += [503]
    with stage.refused(502, "M_BAD_STATUS") as refusal:
        await stage.bridge.ask("POST", "/v1/appservice/behaviour/ping", {})
    assert refusal["status"] == 503


async def test_a_ping_to_a_bridge_that_is_not_there_fails(stage):
    await stage.bridge.stop()
    with stage.refused(502, "M_CONNECTION_FAILED"):
        await stage.bridge.ask("POST", "/v1/appservice/behaviour/ping", {})


async def test_a_ping_is_for_the_bridge_itself_only(stage):
    alice = await stage.person()
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("POST", "/v1/appservice/another/ping", {})
    with stage.refused(403, "M_FORBIDDEN"):
        path = "/v1/appservice/behaviour/ping"
        await stage.bridge.ask("POST", path, {}, token=alice.access_token)
