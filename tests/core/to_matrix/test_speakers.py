"""Who sends: the ghost, brought in and named by the message itself; or the bot in its name."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import RetryLater
from bridgekit.events import Edit, Membership, MemberState, Message, RemoteEvent
from bridgekit.facts import Chat, UserInfo
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.reasons import Reason
from bridgekit.richtext import Bold, Mention, RoomMention, Text
from bridgekit.testing.clock import settle
from bridgekit.testing.loopback import LoopbackClient

BOB, BOT = "@loop_bob:example.org", "@bridgebot:example.org"
REGISTER, NAME = "POST /register", "PUT /profile/{user}/displayname"


def listener(rig):
    return next(iter(rig.network.clients.values()))


async def tell_name(rig, user, name):
    client = listener(rig)
    await client.host.user_changed(client.login.id, UserInfo(id=RemoteUserID(user), name=name))


async def test_a_ghost_is_made_on_first_use_and_named_once(rig, watch):
    await rig.start()
    eye = await watch(rig)
    rig.hs.requests.clear()
    await rig.network.say("#room", "bob", "one", id="m1")
    await rig.network.say("#room", "bob", "two", id="m2")
    events = await eye.sees("one", "two")
    assert {event["sender"] for event in events} == {BOB}
    assert (await eye.alice.state(eye.room, "m.room.member", BOB))["displayname"] == "Bob"
    assert (rig.hs.requests[REGISTER], rig.hs.requests[NAME]) == (1, 1)
    await rig.stop()
    rig.hs.requests.clear()
    await rig.start()
    await rig.network.say("#room", "bob", "three", id="m3")
    await eye.sees("one", "two", "three")
    assert rig.hs.requests[REGISTER] == 1  # the bot itself, at the start
    assert rig.hs.requests[NAME] == 0


async def test_who_is_new_in_two_rooms_at_once_joins_both_under_their_name(rig, watch, monkeypatch):
    """The second room waits for the name that is being asked for, and does not join without."""
    await rig.start()
    first, second = await watch(rig), await watch(rig, "#other")
    asked, answer = asyncio.Event(), asyncio.Event()

    async def user_info(*_: object) -> UserInfo:
        asked.set()
        await answer.wait()
        return UserInfo(name="Robert")

    monkeypatch.setattr(LoopbackClient, "user_info", user_info)
    intents = rig.bridge.parts.intents
    set_name, naming, named = intents.set_name, asyncio.Event(), asyncio.Event()

    async def slow(*of: str) -> None:
        naming.set()
        await named.wait()
        await set_name(*of)

    monkeypatch.setattr(intents, "set_name", slow)
    await rig.network.say("#room", "bob", "one", id="m1")
    await asked.wait()
    await rig.network.say("#other", "bob", "two", id="m2")
    await settle()
    answer.set()
    await naming.wait()
    await settle()  # long enough to join without
    named.set()
    await first.sees("one")
    await second.sees("two")
    for room in (first.room, second.room):
        names = [
            event.content.get("displayname")
            for event in rig.hs.world.rooms[room].events
            if event.type == "m.room.member" and event.state_key == BOB
        ]
        assert set(names) == {"Robert"}


async def test_a_name_that_changes_is_shown_from_the_next_message_on(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")
    await tell_name(rig, "bob", "Robert")
    await rig.network.say("#room", "bob", "two", id="m2")
    await eye.sees("one", "two")
    assert (await eye.alice.state(eye.room, "m.room.member", BOB))["displayname"] == "Robert"


async def test_a_name_that_was_told_outlives_a_restart(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await tell_name(rig, "bob", "Robert")
    await rig.kill()
    await rig.start()
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")
    assert (await eye.alice.state(eye.room, "m.room.member", BOB))["displayname"] == "Robert"


async def test_what_an_event_tells_of_people_names_them(rig, watch):
    await rig.start()
    eye = await watch(rig)
    people = (UserInfo(id=RemoteUserID("bob"), name="Bobby"),)
    await rig.network.say("#room", "bob", "one", id="m1", people=people)
    await eye.sees("one")
    assert (await eye.alice.state(eye.room, "m.room.member", BOB))["displayname"] == "Bobby"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Bob\r\nKick alice", "Bob Kick alice"),
        ("a\x00b\x07c\ud800d", "abc\ufffdd"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("x" * 10_240, "x" * 255),
    ],
    ids=["lines", "controls", "direction", "length"],
)
async def test_a_name_from_outside_is_one_line_that_homeservers_take(rig, watch, told, shown):
    await rig.start()
    eye = await watch(rig)
    await tell_name(rig, "bob", told)
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")
    assert (await eye.alice.state(eye.room, "m.room.member", BOB))["displayname"] == shown


async def test_a_name_that_the_homeserver_refuses_loses_no_message(rig, watch):
    await rig.start()
    eye = await watch(rig)
    rig.hs.fail("PUT", "/displayname", status=403, errcode="M_FORBIDDEN")
    await rig.network.say("#room", "bob", "one", id="m1")
    (event,) = await eye.sees("one")
    assert event["sender"] == BOB


@pytest.mark.parametrize(
    "error", [ValueError("boom"), RetryLater("busy"), ConnectionError()], ids=repr
)
async def test_a_look_up_that_fails_loses_no_message(rig, watch, monkeypatch, error):
    async def fails(*_):
        raise error

    monkeypatch.setattr(LoopbackClient, "user_info", fails)
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")


async def test_rule_16_a_banned_sender_is_heard_through_the_bot_and_counted(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")
    await rig.bridge.parts.intents._call("POST", f"rooms/{eye.room}/ban", {"user_id": BOB})
    await rig.network.say("#room", "bob", (Bold((Text("two"),)),), id="m2")
    _, event = await eye.sees("one", "<Bob> two")
    assert event["sender"] == BOT
    assert event["content"]["formatted_body"] == "&lt;Bob&gt; <strong>two</strong>"
    assert eye.count(Reason.HOMESERVER_REFUSED) == 1
    await rig.hs.pushed()
    rig.hs.requests.clear()
    await rig.network.say("#room", "bob", "three", id="m3")
    await eye.sees("one", "<Bob> two", "<Bob> three")
    assert rig.hs.requests["POST /join/{target}"] == 0  # the refusal is believed for a while


@pytest.mark.parametrize("noticed", [False, True], ids=["just now", "noticed"])
async def test_rule_16_a_kicked_sender_who_speaks_is_there_again(rig, watch, noticed):
    await rig.start()
    eye = await watch(rig)
    await rig.network.emit("#room", "bob", Membership(RemoteUserID("bob"), MemberState.JOIN))
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")
    await rig.bridge.parts.intents._call("POST", f"rooms/{eye.room}/kick", {"user_id": BOB})
    await (eye.reconciled() if noticed else asyncio.sleep(0))
    await rig.network.say("#room", "bob", "two", id="m2")
    _, event = await eye.sees("one", "two")
    assert event["sender"] == BOB
    await eye.reconciled()
    assert BOB in await eye.alice.members(eye.room)


async def test_a_name_cannot_forge_markup_where_the_bot_speaks(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await tell_name(rig, "bob", "<img src=x>&")
    await rig.bridge.parts.intents._call("POST", f"rooms/{eye.room}/ban", {"user_id": BOB})
    await rig.network.say("#room", "bob", (Bold((Text("hi"),)),), id="m1")
    (event,) = await eye.sees("<<img src=x>&> hi")
    assert event["content"]["formatted_body"] == (
        "&lt;&lt;img src=x&gt;&amp;&gt; <strong>hi</strong>"
    )


async def test_a_ghost_whose_account_the_homeserver_lost_is_made_anew(rig, watch):
    await rig.start()
    eye = await watch(rig)
    rig.link("#other")
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")
    await rig.stop()
    del rig.hs.world.accounts[BOB]  # a restored backup
    await rig.start()
    other = await watch(rig, "#other")
    await rig.network.say("#other", "bob", "two", id="m2")
    (event,) = await other.sees("two")
    assert event["sender"] == BOB


async def test_an_event_of_nobody_is_the_bots(rig, watch):
    await rig.start()
    eye = await watch(rig)
    client = listener(rig)
    word = RemoteEvent(Chat(ChatID("#room")), None, Message((Text("netsplit"),)), MessageID("m1"))
    await client.host.receive(client.login.id, word)
    (event,) = await eye.sees("netsplit")
    assert event["sender"] == BOT


async def test_pills_lead_to_ghosts_and_to_people_with_logins(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await eye.alice.say(eye.room, "hello")
    await rig.network.wait(lambda: rig.network.texts() == ["hello"])
    text = (
        Mention("Carol", RemoteUserID("carol")),
        Text(", meet "),
        Mention("Alice", RemoteUserID("alice")),
    )
    await rig.network.say("#room", "bob", text, id="m1")
    *_, event = await eye.sees("hello", "Carol, meet Alice")
    assert event["content"]["m.mentions"] == {
        "user_ids": ["@alice:example.org", "@loop_carol:example.org"]
    }
    assert "https://matrix.to/#/@alice:example.org" in event["content"]["formatted_body"]


async def test_what_the_bot_says_for_others_pings_no_whole_room(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.bridge.parts.intents.ban(eye.room, BOB)
    loud = (RoomMention(), Text(" hello"))
    await rig.network.say("#room", "bob", loud, id="m1")
    await rig.network.emit("#room", None, Message(loud), id="m2")
    await rig.network.emit("#room", "bob", Edit(MessageID("m1"), Message((*loud, Text("!")))))
    await rig.network.say("#room", "carol", loud, id="m3")
    *by_bot, by_carol = await eye.sees(
        "<Bob> @room hello", "@room hello", "* <Bob> @room hello!", "@room hello"
    )
    assert {event["sender"] for event in by_bot} == {BOT}
    for event in by_bot:
        new = event["content"].get("m.new_content") or event["content"]
        assert new["m.mentions"] == {}
    assert by_carol["content"]["m.mentions"] == {"room": True}
