"""The store or the homeserver fails while a gap is filled: the bridge goes on, and fills it."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.errors import RetryLater
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.store.failure import StoreDown
from bridgekit.store.gaps import GapRows
from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import Rig

ROOM = ChatID("#room")


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
async def rig(tmp_path, clock, database):
    async with Rig(tmp_path, clock, database=database) as rig:
        yield rig


def missed(number):
    message = Message(from_plain(f"missed {number}"))
    return RemoteEvent(Chat(ROOM), RemoteUserID("bob"), message, id=MessageID(f"m{number}"))


async def away(rig, *, messages):
    """Alice's room, after an outage in which this much was said."""
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await rig.network.person("bob").say(ROOM, "first", id="first")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "first")
    await rig.stop()
    for number in range(1, messages + 1):
        rig.network.happen(missed(number))
    return alice, room


@pytest.mark.parametrize("query", ["bridged", "latest"])
async def test_rule_24_a_store_that_fails_ends_no_gap(rig, clock, monkeypatch, query):
    alice, room = await away(rig, messages=1)
    works, failures = getattr(GapRows, query), [StoreDown() for _ in range(5)]

    async def fails(*args):
        if failures:
            raise failures.pop()
        return await works(*args)

    monkeypatch.setattr(GapRows, query, fails)
    await rig.start()
    async with asyncio.timeout(60):
        while len(await alice.bodies(room)) < 2:
            await clock.advance(1.0)
    assert await alice.bodies(room) == ["first", "missed 1"]
    assert failures == []


async def test_a_pause_that_a_network_asks_for_is_kept(rig, clock):
    """Slack says how much of a minute is left."""
    asked = []

    class Busy(SupportsHistory):
        async def history(self, chat, **span):
            asked.append(clock.monotonic())
            if len(asked) == 1:
                raise RetryLater("not now", after=55.0)
            async for event in super().history(chat, **span):
                yield event

    alice, room = await away(rig, messages=1)
    rig.network.extra = (Busy,)
    await rig.start()
    async with asyncio.timeout(60):
        while len(await alice.bodies(room)) < 2:
            await clock.advance(1.0)
    assert asked[1] - asked[0] >= 55


async def test_what_a_history_waits_for_may_be_cancelled_and_ends_nothing(rig, clock):
    """As an adapter does whose connection ends: whoever reads the gaps goes on."""
    asked = []

    class BrokenOff(SupportsHistory):
        async def history(self, chat, **span):
            asked.append(chat)
            if len(asked) == 1:
                answer = asyncio.get_running_loop().create_future()
                answer.cancel()
                await answer
            async for event in super().history(chat, **span):
                yield event

    alice, room = await away(rig, messages=1)
    rig.network.extra = (BrokenOff,)
    await rig.start()
    async with asyncio.timeout(20):
        while len(await alice.bodies(room)) < 2:
            await clock.advance(1.0)
    assert await alice.bodies(room) == ["first", "missed 1"]
    assert asked == [ROOM, ROOM]


async def test_a_word_that_the_homeserver_refuses_for_a_while_is_not_lost(rig, clock):
    rig.network_settings["history"] = HistorySettings(gap=1)
    alice, room = await away(rig, messages=2)
    rig.hs.fail("PUT", "/send/", status=502, errcode="M_UNKNOWN", times=9)
    await rig.start()
    async with asyncio.timeout(60):
        while len(await alice.bodies(room)) < 3:
            await clock.advance(1.0)
    said = await alice.bodies(room)
    assert "missed 1" in said
    assert any("Some messages may be missing" in body for body in said)
