"""One-way links, rooms with several chats, and what is said before a room is bridged."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from aiohttp import ClientSession

from bridgekit import Rejected
from bridgekit.configuration.settings import ChatLink
from bridgekit.ids import ChatID, NetworkName, PortalKey
from bridgekit.models import Flow
from bridgekit.permissions.rights import Level


async def test_a_link_to_matrix_only_sends_nothing_and_counts_it(stage):
    stage.rig.links = (ChatLink(chat="#room", direction=Flow.TO_MATRIX),)
    room = await stage.begin()
    await stage.alice.say(room, "nobody hears this")
    await stage.network.say("#room", "bob", "hello", id="m1")
    await stage.alice.wait_for(room, lambda event: event["content"].get("body") == "hello")
    await stage.hs.pushed()
    await stage.parts.matrix.inbox.drained()
    assert stage.network.texts() == []
    assert stage.to_network() == []  # it never became a job
    assert sum(count for (_, way, reason), count in stage.parts.status.counts.items()
               if (way, reason) == ("to_network", "one_way")) == 1  # fmt: skip


async def test_a_link_to_the_network_only_brings_nothing(stage):
    stage.rig.links = (ChatLink(chat="#room", direction=Flow.TO_NETWORK),)
    room = await stage.begin()
    await stage.network.say("#room", "bob", "nobody sees this", id="m1")
    await stage.alice.say(room, "hello")
    await stage.heard("hello")
    assert "nobody sees this" not in await stage.alice.bodies(room)


async def test_a_link_that_became_one_way_sends_nothing_of_what_waited(stage, gate):
    room = await stage.begin()
    hold = gate()
    stage.network.before.append(hold)
    await stage.alice.say(room, "one")
    await hold.reached.wait()
    await stage.alice.say(room, "two")
    await stage.stored("SELECT * FROM job", 2)
    stage.rig.links = (ChatLink(chat="#room", direction=Flow.TO_MATRIX),)
    await stage.again()
    assert [one.reason for one in await stage.ended(2)] == ["one_way", "one_way"]
    assert stage.network.texts() == []


@pytest.fixture
async def shared(stage):
    """A room with two chats."""
    bot = "@bridgebot:example.org"
    stage.room = await stage.alice.create_room(invite=[bot], preset="public_chat")
    stage.rig.links = tuple(ChatLink(chat=chat, room=stage.room) for chat in ("#one", "#two"))
    await stage.start()
    await stage.stored("SELECT * FROM portal WHERE state = 'bound'", 2)
    return stage


async def test_what_a_person_says_reaches_every_chat_of_the_room(shared):
    await shared.alice.say(shared.room, "hello")
    await shared.heard("hello", chat="#one")
    await shared.heard("hello", chat="#two")


async def test_what_one_chat_brought_reaches_the_other_and_never_its_own(shared):
    shared.rig.permissions = {"*": Level.RELAY}
    await shared.network.say("#one", "bob", "from one", id="m1")
    await shared.heard("from one", chat="#two")
    await shared.network.say("#two", "carol", "from two", id="m2")
    await shared.heard("from two", chat="#one")
    await shared.alice.say(shared.room, "end")
    await shared.network.wait(lambda: len(shared.network.heard) == 4)
    assert sorted(shared.network.texts()) == ["end", "end", "from one", "from two"]
    relayed = [one for one in shared.network.heard if one.text.startswith("from")]
    assert {(one.author, one.relayed) for one in relayed} == {("Bob", True), ("Carol", True)}
    assert await shared.notices() == []


async def test_people_of_one_network_need_no_permission_to_be_heard_on_another(stage):
    stage.rig.permissions = {"@alice:example.org": Level.USER}
    bot = "@bridgebot:example.org"
    stage.room = await stage.alice.create_room(invite=[bot], preset="public_chat")
    stage.rig.links = tuple(ChatLink(chat=chat, room=stage.room) for chat in ("#one", "#two"))
    await stage.start()
    await stage.stored("SELECT * FROM portal WHERE state = 'bound'", 2)
    await stage.network.say("#one", "bob", "from one", id="m1")
    await stage.heard("from one", chat="#two")
    assert await stage.notices() == []


async def test_what_the_bot_says_for_a_banned_ghost_reaches_the_other_chat(shared):
    await shared.alice.ban(shared.room, "@loop_bob:example.org")
    await shared.network.say("#one", "bob", "from one", id="m1")
    await shared.network.wait(lambda: len(shared.network.heard) == 1)
    (heard,) = shared.network.heard
    assert heard.chat == "#two"
    assert "from one" in heard.text


async def test_words_of_the_bridge_itself_reach_no_network(shared):
    shared.network.before.append(lambda _: Rejected("No"))
    await shared.alice.say(shared.room, "hello")
    await shared.notice("No")
    await shared.network.wait(lambda: len(shared.network.heard) == 1)
    await shared.hs.pushed()
    await shared.alice.say(shared.room, "end")
    await shared.network.wait(lambda: len(shared.network.heard) == 3)
    assert sorted(shared.network.texts()) == ["end", "end", "hello"]


async def test_rule_02_what_is_said_while_a_room_gets_bridged_is_sent_in_order(stage):
    """The bot is in the room, the portal is not bound yet: the room's own lane keeps it."""
    held = await spoken_in(stage)
    await stage.alice.say(stage.room, "three")
    await stage.hs.pushed()
    await stage.parts.matrix.inbox.drained()
    held.release()
    await stage.heard("two", "three")


async def spoken_in(stage):
    """A room that gets a chat while its own lane holds "one" and "two"; what holds them there."""
    bot = "@bridgebot:example.org"
    stage.room = await stage.alice.create_room(invite=[bot], preset="public_chat")
    stage.rig.links = ()
    await stage.start()
    await stage.alice.wait_for(stage.room, joined(bot))
    held = stage.hs.delay("GET", "/members", times=1)
    await stage.alice.say(stage.room, "one")
    await held.reached.wait()  # its lane asks who is here
    await stage.alice.say(stage.room, "two")
    await stage.stored("SELECT * FROM job", 2)
    portal = await stage.parts.portals.ensure(PortalKey(NetworkName("loop"), ChatID("#late")))
    await stage.parts.portals.bind(portal, stage.room, ours=False)
    return held


def joined(user):
    def look(event) -> bool:
        return event.get("state_key") == user and event["content"].get("membership") == "join"

    return look


async def test_rule_01_a_repeated_transaction_does_nothing_also_after_a_restart(stage):
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.heard("hello")
    assert set(await stage.hs.replay_last(9)) == {200}
    await stage.again()
    assert set(await stage.hs.replay_last(9)) == {200}
    await stage.alice.say(room, "next")
    await stage.heard("hello", "next")


async def test_rule_01_the_same_id_with_other_events_is_taken_and_events_are_known(stage):
    room = await stage.begin()
    event = await stage.alice.say(room, "hello")
    await stage.heard("hello")
    content = {"msgtype": "m.text", "body": "hello"}
    assert await stage.push(event, content, "1") == 200
    assert await stage.push("$new", content | {"body": "after the restore"}, "1") == 200
    await stage.heard("hello", "after the restore")


async def test_rule_03_one_malformed_event_of_a_transaction_keeps_nothing_else(stage):
    room = await stage.begin()
    good = {
        "event_id": "$good",
        "room_id": room,
        "sender": "@alice:example.org",
        "type": "m.room.message",
        "content": {"msgtype": "m.text", "body": "good"},
        "origin_server_ts": 0,
        "unsigned": {"age": 0},
    }
    bad = [
        None,
        7,
        [],
        {},
        good | {"event_id": "$surrogate\ud800"},
        good | {"event_id": "$b", "room_id": "!\udfff:x"},
        good | {"event_id": "$c", "sender": ["@a:b"]},
        good | {"event_id": "$d", "content": None},
        good | {"event_id": "$e", "type": ""},
        good | {"event_id": "$f\x00"},
        good | {"event_id": "$g", "type": "m.room.member", "state_key": 5},
    ]
    odd = [
        good | {"event_id": "$h", "type": "m.room.member", "state_key": "x", "content": {}},
        good | {"event_id": "$i", "type": "m.room.member", "content": {"membership": []}},
        good
        | {
            "event_id": "$j",
            "type": "m.room.member",
            "state_key": "@loop_bob:example.org",
            "content": {"membership": {"a": 1}},
        },
        good | {"event_id": "$k", "content": {"body": "\ud800", "msgtype": "m.text"}},
    ]
    assert await stage.hs.push_transaction("mixed", {"events": [*bad, *odd, good]}) == 200
    await stage.network.wait(lambda: "good" in stage.network.texts())
    assert len(await stage.rows("SELECT * FROM set_aside")) == len(bad)


async def test_rule_04_typing_and_receipts_are_not_stored(stage):
    room = await stage.begin()
    event = await stage.alice.say(room, "hello")
    await stage.heard("hello")
    typing = {"type": "m.typing", "room_id": room, "content": {"user_ids": ["@alice:example.org"]}}
    status = await stage.hs.push_transaction("typing", {"events": [], "ephemeral": [typing]})
    assert status == 200
    await stage.alice.typing(room)
    await stage.alice.read(room, event)
    await stage.hs.pushed()
    pushed = stage.hs.delivered()
    assert any(not one.events for one in pushed)
    stored = {row.txn for row in await stage.rows('SELECT txn FROM "transaction"')}
    assert stored <= {one.id for one in pushed if one.events}


async def test_a_transaction_of_5_mb_is_taken(stage):
    room = await stage.begin()
    events = [
        {
            "event_id": f"$big{number}",
            "room_id": room,
            "sender": "@alice:example.org",
            "type": "m.room.message",
            "content": {"msgtype": "m.text", "body": f"{number} " + "x" * 55_000},
            "origin_server_ts": 0,
            "unsigned": {"age": 0},
        }
        for number in range(95)
    ]
    appservice = stage.rig.config.appservice
    url = f"{appservice.url}/_matrix/app/v1/transactions/big"
    body = BytesIO(json.dumps({"events": events}).encode())
    token = {"Authorization": f"Bearer {appservice.hs_token.get_secret_value()}"}
    async with ClientSession() as session, session.put(url, data=body, headers=token) as answer:
        assert answer.status == 200
    await stage.network.wait(lambda: len(stage.network.heard) == 95)
    assert [int(text.split()[0]) for text in stage.network.texts()] == list(range(95))
