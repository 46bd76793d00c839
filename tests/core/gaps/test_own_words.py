"""What people's logins said last comes back while they are not connected: it is no stranger's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat, Rank
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsHistory
from bridgekit.testing.rig import Rig

ROOM = ChatID("#room")


@pytest.fixture
async def rig(tmp_path, database):
    async with Rig(tmp_path, database=database) as rig:
        yield rig


async def killed_while_she_spoke(rig):
    """Alice's "doubtful" is sent, and nobody knows; her login does not come back."""
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    bob = rig.network.person("bob")
    await bob.say(ROOM, "first", id="m0")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "first")
    await alice.say(room, "known")
    await rig.network.wait(lambda: "known" in rig.network.texts())
    asked = asyncio.Event()

    async def hangs(_):
        asked.set()
        await asyncio.Event().wait()

    rig.network.after.append(hangs)
    await alice.say(room, "doubtful")
    await asked.wait()
    await rig.kill()

    async def only_the_bot(login):
        if not login.relay:
            await asyncio.Event().wait()

    rig.network.connecting = only_the_bot
    return alice, room, bob


async def of_ghosts(alice, room, last):
    """What ghosts said, once the last of it is there."""
    await alice.wait_for(room, lambda event: event["content"].get("body") == last)
    said = await alice.messages(room)
    return [one["content"]["body"] for one in said if one["sender"].startswith("@loop_")]


@pytest.mark.parametrize("named", [True, False])
async def test_rule_19_what_is_in_doubt_is_no_strangers_when_the_past_is_read(rig, named):
    alice, room, bob = await killed_while_she_spoke(rig)
    if not named:
        for told in rig.network.chat(ROOM).messages.values():
            told.txn = None
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    await bob.say(ROOM, "live", id="m9")
    assert await of_ghosts(alice, room, "live") == ["first", "live"]


def told_late(text, at):
    words = Message(from_plain(text))
    return RemoteEvent(Chat(ROOM), RemoteUserID("alice"), words, id=MessageID(text), at=at)


@pytest.mark.parametrize("txn", ["", None])
async def test_rule_19_what_is_in_doubt_is_no_strangers_when_it_is_told_late(rig, txn):
    alice, room, bob = await killed_while_she_spoke(rig)
    sent = next(reversed(rig.network.given)) if txn is not None else None
    rig.network.lacks = frozenset({SupportsHistory})  # whose reading would bring "live" first
    said_at = datetime.now(UTC)
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    await rig.network.deliver(replace(told_late("doubtful", said_at), txn=sent))
    await bob.say(ROOM, "live", id="m9")
    assert await of_ghosts(alice, room, "live") == ["first", "live"]


async def test_who_has_her_name_later_is_heard(rig):
    alice, room, bob = await killed_while_she_spoke(rig)
    rig.network.lacks = frozenset({SupportsHistory})  # whose reading would bring "live" first
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    await rig.network.deliver(replace(told_late("just now", datetime.now(UTC))))
    await bob.say(ROOM, "live", id="m9")
    assert await of_ghosts(alice, room, "live") == ["first", "just now", "live"]


async def test_who_had_her_name_after_her_is_heard_when_the_past_is_read(rig, monkeypatch):
    from bridgekit.login import owners

    alice, room, bob = await killed_while_she_spoke(rig)
    monkeypatch.setattr(owners, "REMEMBER_USE", 0)
    rig._loopback = rig._loopback.model_copy(update={"idle_after": 0.001})
    rig.network.transcripts.clear()
    rig.network.happen(told_late("first", None))
    later = datetime.now(UTC) + timedelta(seconds=30)
    rig.network.happen(replace(told_late("m0", None), sender=RemoteUserID("bob")))
    rig.network.happen(told_late("another alice", later))
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    await bob.say(ROOM, "live", id="m9")
    assert await of_ghosts(alice, room, "live") == ["first", "another alice", "live"]


async def test_who_is_about_to_come_back_is_brought_in_by_no_list_of_members(rig):
    alice, room, _ = await killed_while_she_spoke(rig)
    rig.network.chat(ROOM).members |= {"alice": Rank.MEMBER, "carol": Rank.MEMBER}
    await rig.start()
    await alice.wait_for(room, lambda event: event.get("state_key") == "@loop_carol:example.org")
    members = await alice.members(room)
    assert not [user for user in members if user.startswith("@loop_alice")]
