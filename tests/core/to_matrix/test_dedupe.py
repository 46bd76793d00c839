"""What came before is known; what cannot be kept, or is too old to be known, is set aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.store import sql
from bridgekit.store.failure import StoreDown
from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import settle


def said(sender, body, **fields):
    return RemoteEvent(
        Chat(ChatID("#room")), RemoteUserID(sender), Message(from_plain(body)), **fields
    )


def listener(rig):
    return next(iter(rig.network.clients.values()))


async def receive(rig, *events, **options):
    client = listener(rig)
    await client.host.receive(client.login.id, *events, **options)


async def set_aside(rig):
    return await rig.bridge.parts.store.reader.all(text("SELECT origin, body, why FROM set_aside"))


@pytest.mark.parametrize("name", [{"id": "m1"}, {"key": "k1"}], ids=["id", "key"])
async def test_rule_18_what_was_delivered_before_is_known_also_after_a_restart(rig, watch, name):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "once", **name)
    await rig.network.say("#room", "bob", "once", **name)
    await eye.sees("once")
    await rig.network.say("#room", "bob", "once", **name)
    await rig.stop()
    await rig.start()
    await rig.network.say("#room", "bob", "once", **name)
    await rig.network.say("#room", "bob", "twice", id="m2")
    await eye.sees("once", "twice")


async def test_rule_18_a_link_outlives_the_keys(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "once", id="m1")
    await eye.sees("once")
    await rig.bridge.parts.store.writer.write(sql.Rows((text("DELETE FROM seen"), [{}])))
    await rig.network.say("#room", "bob", "once", id="m1")
    await rig.network.say("#room", "bob", "twice", id="m2")
    await eye.sees("once", "twice")


async def test_two_things_in_one_delivery_are_both_taken_and_once(rig, watch):
    await rig.start()
    eye = await watch(rig)
    delivery = (said("bob", "one", key="envelope"), said("bob", "two", key="envelope"))
    await receive(rig, *delivery)
    await receive(rig, *delivery)
    await eye.sees("one", "two")


async def test_the_same_id_in_another_chat_is_another_message(rig, watch):
    rig.link("#other")
    await rig.start()
    here, there = await watch(rig), await watch(rig, "#other")
    await rig.network.say("#room", "bob", "here", id="1")
    await rig.network.say("#other", "bob", "there", id="1")
    await here.sees("here")
    await there.sees("there")


async def test_rule_18_what_is_older_than_the_keys_is_set_aside(rig, watch):
    rig.network.lacks = frozenset({SupportsHistory})  # what is asked for may be of any age
    await rig.start()
    eye = await watch(rig)
    now = datetime.now(UTC)
    await rig.network.say("#room", "bob", "ancient", id="m1", at=now - timedelta(days=91))
    await rig.network.say("#room", "bob", "old", id="m2", at=now - timedelta(days=89))
    await eye.sees("old")
    (row,) = await set_aside(rig)
    assert "more than 90 days ago" in row.why


async def test_a_time_without_a_zone_is_taken_as_utc(rig, watch):
    await rig.start()
    eye = await watch(rig)
    at = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    await rig.network.say("#room", "bob", "no zone", id="m1", at=at)
    (event,) = await eye.sees("no zone")
    assert abs(event["origin_server_ts"] / 1000 - at.replace(tzinfo=UTC).timestamp()) < 1


@pytest.mark.parametrize("bad", ["\ud800", "a\0b"], ids=["surrogate", "NUL"])
async def test_what_cannot_be_kept_is_set_aside_and_the_rest_goes_on(rig, watch, bad):
    await rig.start()
    eye = await watch(rig)
    before = eye.count(Reason.BROKEN_RECORD)
    await receive(
        rig,
        said("bob", "bad id", id=MessageID(bad)),
        said(bad, "bad sender", id=MessageID("m1")),
        said("bob", "bad key", key=bad),
        said("bob", "good", id=MessageID("m2")),
        cursor="7",
    )
    await eye.sees("good")
    assert len(await set_aside(rig)) == 3
    assert eye.count(Reason.BROKEN_RECORD) == before + 3
    assert await listener(rig).host.cursor(listener(rig).login.id) == "7"


async def test_a_text_that_no_homeserver_stores_arrives_without_what_is_wrong(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "half \ud83d pair, NUL \0 byte", id="m1")
    await eye.sees("half \ufffd pair, NUL \ufffd byte")


async def test_what_is_said_in_a_chat_that_nobody_linked_is_counted(rig, watch):
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#elsewhere", "bob", "nobody hears", id="m1")
    assert eye.count(Reason.NOT_LINKED) == 1


async def test_a_count_is_of_what_was_stored(rig, watch, monkeypatch):
    await rig.start()
    eye = await watch(rig)

    async def fails(*_):
        raise StoreDown

    with monkeypatch.context() as patch:
        patch.setattr(rig.bridge.parts.queue, "put", fails)
        with pytest.raises(StoreDown):
            await receive(
                rig, RemoteEvent(Chat(ChatID("#x")), None, Message(())), said("bob", "b", id="1")
            )
    assert eye.count(Reason.NOT_LINKED) == 0


async def test_a_login_that_is_not_connected_may_deliver(rig, watch):
    rig.network.lacks = frozenset({SupportsHistory})  # nobody looks where the new room begins
    await rig.start()
    eye = await watch(rig)
    client = listener(rig)
    rig.network.offline = True
    await rig.network.drop()
    while rig.network.clients:
        await settle()
    await client.host.receive(client.login.id, said("bob", "by webhook", id=MessageID("m1")))
    await eye.sees("by webhook")
    await client.host.receive(LoginID("loop:nobody"), said("bob", "stray", id=MessageID("m2")))
    assert eye.count(Reason.DUPLICATE) == 1
