"""No silent outcome: what cannot be sent is said to whom it concerns, and to nobody else."""

from __future__ import annotations

import json

import pytest

from bridgekit.errors import ChatMoved, LoginError, Rejected
from bridgekit.ids import ChatID
from bridgekit.permissions.rights import Level
from bridgekit.sealing import Sealing

ENCRYPTED = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA", "session_id": "x"}


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("m.room.encrypted", ENCRYPTED, "cannot read encrypted messages"),
        (
            "m.room.message",
            {"msgtype": "m.image", "body": "cat.png", "url": "mxc://x/y z"},
            "It names no file on Matrix",
        ),
        ("m.sticker", {"body": "cat", "url": "nowhere"}, "It names no file on Matrix"),
        ("m.room.message", {"msgtype": "m.location", "body": "here"}, "none on Earth"),
        (
            "m.room.message",
            {"msgtype": "m.key.verification.request", "body": "o"},
            "cannot carry that kind of message",
        ),
        ("m.room.message", {"msgtype": "m.text", "body": " \n "}, "It has no text"),
    ],
)
async def test_what_the_network_lacks_is_said_to_its_sender(stage, kind, content, said):
    room = await stage.begin()
    event = await stage.alice.send(room, kind, content)
    await stage.alice.say(room, "and then")
    await stage.heard("and then")
    notice = await stage.notice(said)
    assert notice["m.relates_to"] == {"m.in_reply_to": {"event_id": event}}
    assert [one.result for one in await stage.ended(2)] == ["failed", "delivered"]
    # It can only end so again: nothing of it is kept for a retry.
    assert await stage.rows("SELECT * FROM job") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"msgtype": "m.text"}, "It has no body"),
        ({"msgtype": "m.text", "body": 7}, "It has no body"),
        ({"msgtype": "m.text", "body": None}, "It has no body"),
        ({"msgtype": ["m.text"]}, "It has no body"),
    ],
)
async def test_what_only_other_homeservers_let_through_is_said_as_well(stage, content, said):
    await stage.begin()
    assert await stage.push("$odd", content) == 200
    notice = await stage.notice(said)
    assert notice["m.relates_to"] == {"m.in_reply_to": {"event_id": "$odd"}}


@pytest.mark.parametrize("msgtype", ["org.example.poem", None, ["m.text"], 7])
async def test_a_message_of_a_kind_that_nobody_knows_is_its_text(stage, msgtype):
    await stage.begin()
    await stage.push("$odd", {"msgtype": msgtype, "body": "roses are red"})
    await stage.heard("roses are red")


async def test_what_was_redacted_before_it_came_is_nothing_to_be_told_of(stage):
    room = await stage.begin()
    await stage.push("$gone", {})
    await stage.alice.say(room, "and then")
    await stage.heard("and then")
    assert await stage.notices() == []


async def test_a_notice_names_the_reference_answers_the_event_and_calls_its_sender_only(stage):
    stage.network.before.append(lambda _: Rejected("It is too rude"))
    room = await stage.begin()
    event = await stage.alice.say(room, "@room @bob:example.org damn")
    notice = await stage.notice("It is too rude")
    (outcome,) = await stage.ended()
    from bridgekit.references import reference

    assert notice == {
        "msgtype": "m.notice",
        "body": f"⚠ Your message was not bridged. It is too rude ({reference(outcome.job)})",
        "m.mentions": {"user_ids": ["@alice:example.org"]},
        "m.relates_to": {"m.in_reply_to": {"event_id": event}},
        "dev.bridgekit.notice": notice["dev.bridgekit.notice"],
    }
    assert stage.network.texts() == []


async def test_what_a_network_says_is_shown_as_one_plain_line(stage):
    stage.network.before.append(lambda _: Rejected("<b>No</b>\r\nQUIT :x\x00\u202e " + "y" * 5000))
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    notice = await stage.notice("No")
    assert "formatted_body" not in notice
    assert notice["body"].isprintable()
    assert len(notice["body"]) < 500


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Rejected("You are muted there."), "You are muted there."),
        (ChatMoved(ChatID("#room")), "another ID"),
        (LoginError("The password is wrong."), "The password is wrong."),
    ],
)
async def test_what_is_surely_refused_is_told_and_stays_for_a_retry(stage, error, said):
    stage.network.before.append(lambda _: error)
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.notice(said)
    (outcome,) = await stage.ended()
    assert outcome.result == "failed"
    assert [row.dead for row in await stage.rows("SELECT dead FROM job")] == [1]


async def test_what_moved_is_sent_where_it_is_now(stage):
    stage.network.before.append(lambda _: ChatMoved(ChatID("#new")))
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.alice.say(room, "again")
    await stage.heard("hello", "again", chat="#new")
    assert stage.network.texts("#room") == []
    assert await stage.notices() == []


async def test_what_moved_into_a_chat_of_its_own_is_told(stage):
    stage.rig.link("#other")
    stage.network.before.append(lambda _: ChatMoved(ChatID("#other")))
    room = await stage.begin()
    await stage.stored("SELECT id FROM portal WHERE state = 'bound'", 2)
    await stage.alice.say(room, "hello")
    await stage.notice("The chat has another ID now.")
    assert stage.network.acts == []


async def test_a_chat_that_moves_for_ever_is_given_up(stage):
    from itertools import cycle

    names = cycle(("#here", "#there"))
    stage.network.before.extend([lambda _: ChatMoved(ChatID(next(names)))] * 20)
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    (outcome,) = await stage.ended()
    assert outcome.reason == "chat_moved"


async def test_what_the_bridge_itself_fails_at_is_told_without_internals(stage, monkeypatch):
    room = await stage.begin()

    def broken(*_: object) -> None:
        raise KeyError("secret-of-ours")

    monkeypatch.setattr("bridgekit.to_network.fitting.messages_of", broken)
    await stage.alice.say(room, "hello")
    notice = await stage.notice("The bridge failed while it handled it")
    assert "secret-of-ours" not in notice["body"]


async def test_who_is_blocked_is_told_and_nothing_is_kept(stage):
    stage.rig.permissions = {"*": Level.RELAY, "@mallory:example.org": Level.BLOCK}
    room = await stage.begin()
    mallory = stage.hs.person("mallory")
    await mallory.join(room)
    await mallory.say(room, "spam")
    await stage.notice('your level is block (permissions["@mallory:example.org"])')
    assert [one.reason for one in await stage.ended()] == ["not_permitted"]
    assert stage.network.texts() == []
    assert await stage.rows("SELECT * FROM job") == []


async def test_somebody_without_a_login_is_relayed_under_their_name(stage):
    stage.rig.permissions = {"*": Level.RELAY}
    await stage.alice.set_display_name("Alice\r\nQUIT :\x00 of  Wonder\u202eland")
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.heard("hello")
    (heard,) = stage.network.heard
    assert heard.relayed
    assert heard.login == "loop:bot"
    assert heard.author == "Alice QUIT : of Wonderland"


async def test_a_user_speaks_through_a_login_of_their_own(stage):
    await stage.alice.set_display_name("Alice")
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.heard("hello")
    (heard,) = stage.network.heard
    assert not heard.relayed
    assert heard.login != "loop:bot"
    assert stage.network.clients[heard.login].me == "alice"


async def test_a_display_name_without_a_letter_or_without_end_is_replaced_or_cut(stage):
    stage.rig.permissions = {"*": Level.RELAY}
    await stage.alice.set_display_name("\u202e \r\n")
    room = await stage.begin()
    await stage.alice.say(room, "one")
    await stage.heard("one")
    await stage.alice.set_display_name("x" * 5000)
    await stage.alice.say(room, "two")
    await stage.heard("one", "two")
    assert [one.author for one in stage.network.heard] == ["alice", "x" * 100]


async def test_people_and_bots_of_other_bridges_are_people(stage):
    room = await stage.begin()
    for name in ("telegram_7", "otherbot"):
        person = stage.hs.person(name)
        await person.join(room)
        await person.say(room, f"from {name}")
    await stage.heard("from telegram_7", "from otherbot")


async def test_a_body_of_64_kib_arrives_whole(stage):
    room = await stage.begin()
    body = "words and " * 6000
    await stage.alice.say(room, body)
    await stage.network.wait(lambda: len(stage.network.heard) == 1)
    assert stage.network.texts() == [body]


async def test_html_nested_without_end_stops_nobody(stage):
    room = await stage.begin()
    await stage.alice.say(room, "deep", html="<b>" * 15_000 + "deep")
    await stage.alice.say(room, "and then")
    await stage.network.wait(lambda: "and then" in stage.network.texts())


async def test_a_broken_record_is_buried_and_the_lane_goes_on(stage, gate):
    room = await stage.begin()
    hold = gate()
    stage.network.before.append(hold)
    await stage.alice.say(room, "one")
    await hold.reached.wait()
    await stage.alice.say(room, "two")
    await stage.stored("SELECT * FROM job", 2)
    await stage.rig.kill()
    from sqlalchemy import text

    from bridgekit.store.beside import commit
    from bridgekit.store.sql import Rows

    broken = text("UPDATE job SET body = :body WHERE kind = 'm.room.message'")
    await commit(stage.rig.database, Rows((broken, [{"body": '{"v": 99}'}])))
    await stage.start()
    await stage.alice.say(room, "three")
    await stage.heard("three")
    assert [(one.reason, one.result) for one in await stage.ended(3)] == [
        ("broken_record", "unknown"),  # it was marked as being sent
        ("broken_record", "failed"),
        ("delivered", "delivered"),
    ]


async def test_a_room_in_which_nobody_of_ours_may_speak_stops_no_lane(stage):
    stage.network.before.append(lambda _: Rejected("No"))
    room = await stage.begin()
    stage.hs.fail("PUT", "/send/m.room.message", status=403, errcode="M_FORBIDDEN")
    await stage.alice.say(room, "one")
    await stage.alice.say(room, "two")
    await stage.heard("two")
    assert await stage.notices() == []


async def test_what_is_sealed_with_another_key_reaches_no_network_sealed_and_is_kept(stage):
    """It was said before the room was bridged; then the key was changed without the old one."""
    room = await stage.begin()
    words = json.dumps({"msgtype": "m.text", "body": "hunter"})
    sealed = Sealing([b"the key of before"]).seal(words, "event:$sealed")
    await stage.push("$sealed", {"msgtype": "m.text", "body": sealed})
    await stage.alice.say(room, "behind it")
    await stage.heard("behind it")
    ((source, kept),) = await stage.stored("SELECT source, body FROM job WHERE dead = 1", 1)
    assert source == "$sealed"
    assert sealed in kept
