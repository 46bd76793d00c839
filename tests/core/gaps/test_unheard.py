"""What was said while nobody listened is gone where a network keeps nothing: the room is told."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.adapter import LoginState
from bridgekit.events import ChatChange, RemoteEvent
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import ChatID, LoginID, NetworkName
from bridgekit.store.failure import StoreDown
from bridgekit.store.people import People
from bridgekit.store.writer import Writer
from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import settle
from bridgekit.testing.loopback import LoopbackClient
from bridgekit.testing.rig import Rig

BOT = LoginID("loop:bot")

MISSING = (
    "⚠ Some messages may be missing here: loop keeps nothing of what is said while the bridge is "
    "away."
)


class Resuming(LoopbackClient):
    resumes = True


@pytest.fixture
async def rig(tmp_path, database):
    async with Rig(tmp_path, database=database) as rig:
        rig.network.lacks = frozenset({SupportsHistory})
        yield rig


async def online(rig):
    """The bridge listens; what comes before that is another story."""
    async with asyncio.timeout(60):
        while not listens(rig):
            await settle()


async def linked(rig):
    """What was said on Matrix is sent, and it is known as what."""
    await rig.network.wait(lambda: rig.network.heard)
    async with asyncio.timeout(60):
        while rig.bridge.parts.queue.waiting:
            await settle()


def listens(rig):
    return rig.bridge.parts.networks.get("loop").logins.state(BOT)[0] is LoginState.ONLINE


async def bodies(alice, room, last):
    async with asyncio.timeout(60):
        await alice.wait_for(room, lambda event: event["content"].get("body") == last)
    return await alice.bodies(room)


@pytest.fixture
async def room(rig):
    """Of a chat in which something was said, when nothing could have been missed."""
    await rig.start()
    await online(rig)
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await rig.network.say("#room", "bob", "one", id="m1")
    await rig.network.say("#room", "bob", "two", id="m2")
    assert await bodies(alice, room, "two") == ["one", "two"]
    return room


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_after_a_restart_the_room_is_told_once_before_what_is_new(rig, room, how):
    await getattr(rig, how)()
    await rig.start()
    await online(rig)
    alice = rig.hs.person("alice")
    await rig.network.say("#room", "bob", "three", id="m3")
    await rig.network.say("#room", "bob", "four", id="m4")
    assert await bodies(alice, room, "four") == ["one", "two", MISSING, "three", "four"]


async def test_a_connection_that_broke_is_told_of_as_well(rig, room):
    alice, client = rig.hs.person("alice"), next(iter(rig.network.clients.values()))
    await rig.network.drop()
    await rig.network.wait(lambda: client not in rig.network.clients.values())
    await rig.network.wait(lambda: rig.network.clients)
    await online(rig)
    await rig.network.say("#room", "bob", "three", id="m3")
    assert await bodies(alice, room, "three") == ["one", "two", MISSING, "three"]


async def test_where_nobody_speaks_nobody_is_bothered(rig, room):
    await rig.stop()
    await rig.start()
    await online(rig)
    alice = rig.hs.person("alice")
    topic = ChatChange(ChatInfo(topic="as it is"))  # IRC tells it when a channel is entered
    await rig.network.deliver(RemoteEvent(Chat(ChatID("#room")), None, topic))
    await alice.wait_for(room, lambda event: event["content"].get("topic") == "as it is")
    await alice.say(room, "hello?")
    await rig.network.wait(lambda: "hello?" in rig.network.texts())
    assert await alice.bodies(room) == ["one", "two", "hello?"]


async def test_a_word_of_ours_is_no_sign_that_the_bridge_was_away(rig):
    await rig.start()
    await online(rig)
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await alice.say(room, "hello?")
    await linked(rig)
    await rig.network.say("#room", "bob", "hello!", id="m1")
    assert await bodies(alice, room, "hello!") == ["hello?", "hello!"]


async def test_where_only_we_spoke_the_room_is_told_after_a_restart(rig):
    await rig.start()
    await online(rig)
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await alice.say(room, "hello?")
    await linked(rig)
    await rig.stop()
    await rig.start()
    await online(rig)
    await rig.network.say("#room", "bob", "hello!", id="m1")
    assert await bodies(alice, room, "hello!") == ["hello?", MISSING, "hello!"]


async def test_a_connection_that_goes_on_where_the_last_one_ended_misses_nothing(rig, room):
    rig.network.extra = (Resuming,)
    await rig.stop()
    await rig.start()
    await online(rig)
    alice = rig.hs.person("alice")
    await rig.network.say("#room", "bob", "three", id="m3")
    assert await bodies(alice, room, "three") == ["one", "two", "three"]


async def test_what_was_missed_before_is_told_of_after_a_connection_that_resumes(rig, room):
    await rig.stop()
    await rig.start()
    await online(rig)  # here something may have been missed, and nobody speaks
    alice, client = rig.hs.person("alice"), next(iter(rig.network.clients.values()))
    rig.network.extra = (Resuming,)
    await rig.network.drop()
    await rig.network.wait(lambda: client not in rig.network.clients.values())
    await rig.network.wait(lambda: rig.network.clients)
    await online(rig)
    await rig.network.say("#room", "bob", "three", id="m3")
    assert await bodies(alice, room, "three") == ["one", "two", MISSING, "three"]


async def silent(rig, how):
    """A connection that resumes nothing, in which nobody speaks: what it lost is kept."""
    before = await lost_since(rig)
    await rig.stop()
    await rig.start()
    await online(rig)
    async with asyncio.timeout(60):
        while await lost_since(rig) in (None, before):
            await settle()
    await getattr(rig, how)()


async def lost_since(rig):
    people = People(rig.bridge.parts.store.reader)
    return await people.value(NetworkName("loop away"), f"login {BOT}")


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_what_nobody_was_told_of_yet_outlives_restarts_that_resume(rig, room, how):
    await silent(rig, how)
    rig.network.extra = (Resuming,)
    for _ in range(2):  # in the first, nobody speaks either
        await rig.stop()
        await rig.start()
        await online(rig)
    alice = rig.hs.person("alice")
    await rig.network.say("#room", "bob", "three", id="m3")
    await rig.network.say("#room", "bob", "four", id="m4")
    assert await bodies(alice, room, "four") == ["one", "two", MISSING, "three", "four"]


async def test_what_was_told_is_not_told_again_after_a_restart_that_resumes(rig, room, monkeypatch):
    await silent(rig, "stop")
    await rig.start()
    await online(rig)
    alice = rig.hs.person("alice")
    await rig.network.say("#room", "bob", "three", id="m3")
    await bodies(alice, room, "three")
    await rig.kill()
    rig.network.extra = (Resuming,)
    await rig.start()
    await online(rig)
    host = rig.bridge.parts.networks.get("loop").host
    monkeypatch.delattr(type(host), "receive_word")  # even a word that is known is not said
    await rig.network.say("#room", "bob", "four", id="m4")
    assert await bodies(alice, room, "four") == ["one", "two", MISSING, "three", "four"]


async def test_a_chat_that_began_after_a_loss_is_not_told_of_it_after_a_restart(rig, room):
    await silent(rig, "stop")
    await rig.start()
    await online(rig)
    alice = rig.hs.person("alice")
    other = await alice.join("#loop_#other:example.org")
    await rig.network.say("#other", "bob", "one", id="o1")
    await bodies(alice, other, "one")
    rig.network.extra = (Resuming,)
    await rig.stop()
    await rig.start()
    await online(rig)
    await rig.network.say("#other", "bob", "two", id="o2")
    assert await bodies(alice, other, "two") == ["one", "two"]
    await rig.network.say("#room", "bob", "three", id="m3")
    assert await bodies(alice, room, "three") == ["one", "two", MISSING, "three"]


async def test_losses_are_kept_once_the_store_is_back(rig, room, monkeypatch):
    writes, refused = Writer.write, []

    async def fails_at_first(self, *operations, **more):
        rows = [getattr(one, "changes", ()) for one in operations]
        if "loop away" in repr(rows) and not refused:
            refused.append(operations)
            raise StoreDown("the disk")
        return await writes(self, *operations, **more)

    monkeypatch.setattr(Writer, "write", fails_at_first)
    await silent(rig, "kill")
    assert refused
    rig.network.extra = (Resuming,)
    await rig.start()
    await online(rig)
    await rig.network.say("#room", "bob", "three", id="m3")
    assert MISSING in await bodies(rig.hs.person("alice"), room, "three")


async def test_a_word_that_cannot_be_stored_keeps_back_what_it_precedes(rig, room, monkeypatch):
    await rig.stop()
    await rig.start()
    await online(rig)
    alice, host = rig.hs.person("alice"), rig.bridge.parts.networks.get("loop").host
    works = type(host).receive_word
    failures = [OSError("the disk")]

    async def fails(*args):
        if failures:
            raise failures.pop()
        await works(*args)

    monkeypatch.setattr(type(host), "receive_word", fails)
    with pytest.raises(OSError, match="the disk"):
        await rig.network.say("#room", "bob", "three", id="m3")
    await rig.network.say("#room", "bob", "three", id="m3")
    assert await bodies(alice, room, "three") == ["one", "two", MISSING, "three"]
