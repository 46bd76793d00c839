"""What the core takes for granted about sending events and reading them back.

`stage` is Synapse in one run and the fake in the other: where Synapse fails a test here, the fake
is wrong too.
"""

from __future__ import annotations


async def test_a_transaction_id_of_one_ghost_is_taken_for_all(stage):
    ghost, other = await stage.ghost(), await stage.ghost()
    room, txn = await stage.room(preset="public_chat"), stage.unique()
    for user in (ghost, other):
        await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=user)
    first = await stage.say(room, "one", txn, user=ghost)
    assert await stage.say(room, "two", txn, user=other) == first
    assert await stage.say(room, "one", txn, user=ghost) == first
    assert await stage.bodies(room) == ["one"]


async def test_a_refused_transaction_id_can_be_used_again(stage):
    ghost, room, txn = await stage.ghost(), await stage.room(preset="public_chat"), stage.unique()
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.say(room, "outside", txn, user=ghost)
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    await stage.say(room, "inside", txn, user=ghost)
    assert await stage.bodies(room) == ["inside"]


async def test_the_timestamp_given_comes_back_when_the_event_is_pushed(stage):
    ghost, room, body = await stage.ghost(), await stage.room(preset="public_chat"), stage.unique()
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    event = await stage.say(room, body, user=ghost, query={"ts": "1234567890123"})
    pushed = await stage.pushed_body(body)
    assert (pushed["event_id"], pushed["origin_server_ts"]) == (event, 1234567890123)
    assert "transaction_id" not in pushed["unsigned"]


async def test_an_event_that_is_too_large_is_refused(stage):
    room = await stage.room()
    with stage.refused(413, "M_TOO_LARGE"):
        await stage.say(room, 65_536 * "x")
    await stage.say(room, 64_000 * "x")


async def test_a_message_without_a_body_and_a_number_with_a_point_are_refused(stage):
    path = f"/v3/rooms/{await stage.room()}/send/m.room.message/{stage.unique()}"
    with stage.refused(400, "M_UNKNOWN"):
        await stage.bridge.ask("PUT", path, {"msgtype": "m.text"})
    with stage.refused(400, "M_BAD_JSON"):
        await stage.bridge.ask("PUT", path, {"msgtype": "m.text", "body": "x", "n": 0.5})
    with stage.refused(400, "M_NOT_JSON"):
        await stage.bridge.ask("PUT", path, b"{")


async def test_a_redacted_event_loses_its_content_and_the_redaction_is_pushed(stage):
    room = await stage.room()
    event = await stage.say(room, "secret")
    path = f"/v3/rooms/{room}/redact/{event}/{stage.unique()}"
    redaction = (await stage.bridge.ask("PUT", path, {"reason": "why"}))["event_id"]
    assert (await stage.bridge.ask("PUT", path, {"reason": "why"}))["event_id"] == redaction
    pushed = await stage.bridge.event(lambda event: event["event_id"] == redaction)
    assert (pushed["redacts"], pushed["content"]["redacts"]) == (event, event)
    shown = await stage.bridge.ask("GET", f"/v3/rooms/{room}/event/{event}")
    assert shown["content"] == {}
    assert shown["unsigned"]["redacted_because"]["event_id"] == redaction


async def test_others_messages_are_redacted_with_power_only(stage):
    ghost, room = await stage.ghost(), await stage.room(preset="public_chat")
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    event = await stage.say(room, "mine")
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("PUT", f"/v3/rooms/{room}/redact/{event}/x", {}, user=ghost)


async def test_state_that_stands_already_is_not_written_again(stage):
    room = await stage.room()
    path = f"/v3/rooms/{room}/state/m.room.topic"
    first = await stage.bridge.ask("PUT", path, {"topic": "one"})
    assert await stage.bridge.ask("PUT", path, {"topic": "one"}) == first
    assert await stage.bridge.ask("PUT", path, {"topic": "two"}) != first
    with stage.refused(404, "M_NOT_FOUND"):
        await stage.bridge.ask("GET", f"/v3/rooms/{room}/state/org.example.none")


async def test_history_is_read_in_pages_both_ways(stage):
    room = await stage.room()
    for n in range(5):
        await stage.say(room, str(n))
    path = f"/v3/rooms/{room}/messages"
    page = await stage.bridge.ask("GET", path, query={"dir": "b", "limit": "2"})
    assert [event["content"]["body"] for event in page["chunk"]] == ["4", "3"]
    query = {"dir": "b", "limit": "2", "from": page["end"]}
    older = await stage.bridge.ask("GET", path, query=query)
    assert [event["content"]["body"] for event in older["chunk"]] == ["2", "1"]
    assert await stage.bodies(room) == ["0", "1", "2", "3", "4"]


async def test_history_tells_the_sender_alone_by_which_transaction_an_event_came(stage):
    ghost, room, txn = await stage.ghost(), await stage.room(preset="public_chat"), stage.unique()
    await stage.bridge.ask("POST", f"/v3/join/{room}", {}, user=ghost)
    await stage.say(room, "hello", txn, user=ghost)
    path, query = f"/v3/rooms/{room}/messages", {"dir": "b", "limit": "1"}
    (own,) = (await stage.bridge.ask("GET", path, query=query, user=ghost))["chunk"]
    assert own["unsigned"]["transaction_id"] == txn
    (others,) = (await stage.bridge.ask("GET", path, query=query))["chunk"]
    assert "transaction_id" not in others["unsigned"]


async def test_history_is_not_for_those_outside(stage):
    ghost, room = await stage.ghost(), await stage.room()
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("GET", f"/v3/rooms/{room}/messages", query={"dir": "b"}, user=ghost)


async def test_members_can_be_listed_by_membership(stage):
    ghost = await stage.ghost()
    room = await stage.room(invite=[ghost])
    path = f"/v3/rooms/{room}/members"
    answer = await stage.bridge.ask("GET", path, query={"membership": "invite"})
    assert [event["state_key"] for event in answer["chunk"]] == [ghost]


async def test_media_are_downloaded_as_they_were_uploaded_but_never_from_the_old_path(stage):
    uploaded = await stage.bridge.ask("POST", "/_matrix/media/v3/upload", b"\x00picture")
    path = uploaded["content_uri"].removeprefix("mxc://")
    assert await stage.bridge.ask("GET", f"/v1/media/download/{path}") == b"\x00picture"
    with stage.refused(404, "M_NOT_FOUND"):
        await stage.bridge.ask("GET", f"/_matrix/media/v3/download/{path}")
