"""What is stored as it came and converted in the lane; and what cannot be shown as it is."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bridgekit import intake
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import (
    Edit,
    Membership,
    MemberState,
    Message,
    Raw,
    RemoteEvent,
    Unsupported,
)
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.store.beside import commit
from bridgekit.store.jobs import Jobs, revive

ROOM, OTHER = Chat(ChatID("#room")), Chat(ChatID("#other"))


def said(body, chat=ROOM, **fields):
    return RemoteEvent(chat, RemoteUserID("bob"), Message(from_plain(body)), **fields)


@asynccontextmanager
async def passing(clock):
    """Time goes by, whenever somebody waits for it."""

    async def run():
        while True:
            await clock.wait_for_timer(within=600)
            await clock.advance(1)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()


async def links(rig):
    return await rig.bridge.parts.store.reader.all(
        text("SELECT message FROM link ORDER BY message")
    )


async def test_a_raw_event_is_converted_in_its_place(rig, watch):
    await rig.start()
    eye = await watch(rig)
    rig.network.meanings[b"two"] = lambda: [said("two", id=MessageID("m2"))]
    await rig.network.deliver(
        said("one", id=MessageID("m1")),
        Raw(ROOM, "k2", b"two"),
        said("three", id=MessageID("m3")),
    )
    await rig.network.deliver(Raw(ROOM, "k2", b"two"))
    await eye.sees("one", "two", "three")
    assert rig.network.converted == [b"two"]


async def test_all_that_one_raw_event_becomes_is_sent_and_linked(rig, watch):
    await rig.start()
    eye = await watch(rig)
    rig.network.meanings[b"x"] = lambda: [
        said("one", id=MessageID("m1")), said("two", id=MessageID("m2")), said("three")
    ]  # fmt: skip
    await rig.network.deliver(Raw(ROOM, "k", b"x"))
    await eye.sees("one", "two", "three")
    assert [row.message for row in await links(rig)] == ["m1", "m2"]


async def test_what_else_a_raw_event_becomes_goes_where_it_belongs(rig, watch):
    rig.link("#other")
    await rig.start()
    here, there = await watch(rig), await watch(rig, "#other")
    carol = RemoteUserID("carol")
    rig.network.meanings[b"x"] = lambda: [
        RemoteEvent(ROOM, carol, Membership(carol, MemberState.JOIN)),
        said("elsewhere", OTHER, id=MessageID("m1")),
        said("bad", id=MessageID("\ud800")),
        said("here", id=MessageID("m2")),
    ]
    await rig.network.deliver(Raw(ROOM, "k", b"x"))
    await here.sees("here")
    await there.sees("elsewhere")
    await here.reconciled()
    assert "@loop_carol:example.org" in await here.alice.members(here.room)


async def test_a_second_part_that_waits_does_not_double_the_first(rig, watch):
    await rig.start()
    eye = await watch(rig)
    limits = []

    def limited(_room, event):
        if event.type == "m.room.message" and not limits:
            limits.append(rig.hs.fail("PUT", "/send/", status=429, retry_after_ms=10))
            asyncio.get_running_loop().call_soon(rig.hs.world.answered.clear)

    rig.hs.world.on_event.append(limited)
    rig.network.meanings[b"x"] = lambda: [
        said("one", id=MessageID("m1")), said("two", id=MessageID("m2"))
    ]  # fmt: skip
    await rig.network.deliver(Raw(ROOM, "k", b"x"))
    await eye.sees("one", "two")


async def test_a_converter_whose_look_up_fails_is_asked_again(slow_rig, clock, watch):
    await slow_rig.start()
    eye = await watch(slow_rig)
    answers = [
        ConnectionError(),
        RetryLater("busy", after=5.0),
        [said("at last", id=MessageID("m1"))],
    ]

    def next_answer():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    slow_rig.network.meanings[b"x"] = next_answer
    await slow_rig.network.deliver(Raw(ROOM, "k", b"x"))
    async with passing(clock):
        await eye.sees("at last")
    assert answers == []


@pytest.mark.parametrize("error", [Rejected("gone"), None], ids=["rejected", "broken"])
async def test_what_cannot_be_converted_is_kept_for_the_operator(rig, watch, error):
    await rig.start()
    eye = await watch(rig)

    def fails():
        if error is not None:
            raise error
        return [said("x", id=MessageID("\ud800"))]

    rig.network.meanings[b"x"] = fails
    await rig.network.deliver(Raw(ROOM, "k", b"x"), said("goes on", id=MessageID("m1")))
    await eye.sees("goes on")
    reader = rig.bridge.parts.store.reader
    dead = await reader.all(text("SELECT 1 FROM job WHERE dead = 1"))
    aside = await reader.all(text("SELECT 1 FROM set_aside"))
    assert (len(dead), len(aside)) == ((1, 0) if error else (0, 1))


async def test_what_matrix_cannot_show_is_a_visible_notice(rig, watch):
    await rig.start()
    eye = await watch(rig)
    line = RemoteEvent(
        ROOM, RemoteUserID("bob"), Unsupported("bob sent a\nsticker <b>"), MessageID("m1")
    )
    await rig.network.deliver(line)
    (event,) = await eye.sees("bob sent a\nsticker <b>")
    assert event["content"]["msgtype"] == "m.notice"
    assert eye.count(Reason.NOT_BRIDGED_KIND) == 0


async def test_rule_23_what_a_broken_converter_failed_on_is_replayed_once_it_is_fixed(
    slow_rig, clock, watch
):
    rig = slow_rig
    await rig.start()
    eye = await watch(rig)
    async with passing(clock):
        await rig.network.deliver(Raw(ROOM, "k1", b"broken"))
        await rig.network.say("#room", "bob", "next", id="m2")
        await eye.sees("next")
    parts = rig.bridge.parts
    (dead,) = [one for one in await Jobs(parts.store.reader).listed() if one.dead]
    rig.network.meanings[b"broken"] = lambda: [said("mended", id=MessageID("m1"))]
    await commit(rig.database, revive(dead.job.id, dead.job.received_at))
    await parts.queue.catch_up()
    await eye.sees("next", "mended")


@pytest.mark.parametrize("raw", [False, True])
async def test_what_happens_in_the_future_happens_now(rig, watch, raw):
    await rig.start()
    eye = await watch(rig)
    event = said("soon", id=MessageID("m1"), at=datetime.now(UTC) + timedelta(days=3_000))
    rig.network.meanings[b"x"] = lambda: [event]
    await rig.network.deliver(Raw(ROOM, "k", b"x") if raw else event)
    (shown,) = await eye.sees("soon")
    assert shown["origin_server_ts"] <= (datetime.now(UTC).timestamp() + 60) * 1000


@pytest.mark.parametrize("raw", [False, True])
async def test_what_may_be_a_repetition_from_long_ago_is_set_aside(rig, watch, raw):
    await rig.start()
    eye = await watch(rig)
    event = said("old", id=MessageID("m1"), at=datetime.now(UTC) - timedelta(days=300))
    rig.network.meanings[b"x"] = lambda: [event]
    await rig.network.deliver(Raw(ROOM, "k", b"x") if raw else event)
    await rig.network.say("#room", "bob", "end", id="m2")
    await eye.sees("end")
    assert eye.count(Reason.BROKEN_RECORD) == 1


def test_a_time_without_a_zone_is_utc():
    now = datetime.now(UTC)
    at = now - timedelta(hours=3)
    assert intake.dated(said("x", at=at.replace(tzinfo=None)), now).at == at


async def test_what_was_converted_for_another_chat_is_known_when_it_comes_again(
    rig, watch, monkeypatch
):
    rig.link("#other")
    await rig.start()
    here, there = await watch(rig), await watch(rig, "#other")
    await there.alice.say(there.room, "hallo")
    await rig.network.wait(lambda: rig.network.heard)
    edit = Edit(MessageID("sent-0"), Message(from_plain("hello")))
    elsewhere = RemoteEvent(OTHER, RemoteUserID("bob"), edit, id=MessageID("e1"))
    rig.network.meanings[b"x"] = lambda: [elsewhere]
    (network,) = rig.bridge.parts.networks
    receive = network.host.receive

    async def twice(login, *events):
        """As if the process had ended behind it, before the end of the job was stored."""
        await receive(login, *events)
        await receive(login, *events)

    await rig.network.deliver(said("one", id=MessageID("m1")))
    await here.sees("one")
    monkeypatch.setattr(network.host, "receive", twice)
    await network.host.receive(network.logins.listeners.of(ROOM.id), Raw(ROOM, "k", b"x"))
    await here.settled()
    await rig.network.say("#other", "bob", "end", id="m2")
    await there.sees("hallo", "* hello", "end")


async def test_what_was_stored_raw_makes_its_own_room_at_the_limit(rig):
    rig.settings["waiting"] = WaitingSettings(most=1)
    rig.link("#other")
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#other:example.org")
    await rig.hs.pushed()
    rig.network.meanings[b"x"] = lambda: [said("there", OTHER, id=MessageID("m2"))]
    await rig.network.deliver(Raw(ROOM, "k1", b"x"))
    async with asyncio.timeout(60):
        await alice.wait_for(room, lambda event: event["content"].get("body") == "there")
