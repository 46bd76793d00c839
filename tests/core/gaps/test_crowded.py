"""Where too much waits already, the past of a chat is not read before there is room for it."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.past import gaps
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.rig import Rig


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
async def rig(tmp_path, clock, database, monkeypatch):
    monkeypatch.setattr(gaps, "AT_ONCE", 1)  # the chats one after the other, in their order
    async with Rig(tmp_path, clock, database=database) as rig:
        rig.link("#other")
        yield rig


class Gated(SupportsHistory):
    """History that waits at a gate."""

    gate: asyncio.Event

    async def history(self, chat, *, after=None, limit, **span):
        await Gated.gate.wait()
        async for event in super().history(chat, after=after, limit=limit, **span):
            yield event


def missed(text, chat="#other"):
    message = Message(from_plain(text))
    return RemoteEvent(Chat(ChatID(chat)), RemoteUserID("bob"), message, id=MessageID(text))


async def shown(person, room, text):
    await person.wait_for(room, lambda event: event["content"].get("body") == text)


async def started_again(rig):
    """Killed, and started; nobody connects before what was there is in its lanes."""
    await rig.kill()
    ready = asyncio.Event()

    async def connecting(_):
        await ready.wait()

    rig.network.connecting = connecting
    await rig.start()
    while rig.bridge.parts.queue.waiting < 3:
        await settle()
    ready.set()


async def test_at_the_limit_the_past_waits_for_what_is_there_and_then_comes(rig, clock):
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.network.person("bob")
    room = await alice.join("#loop_#room:example.org")
    other = await alice.join("#loop_#other:example.org")
    await bob.say("#room", "first", id="first")
    await bob.say("#other", "second", id="second")
    await shown(alice, room, "first")
    await shown(alice, other, "second")
    sends = rig.hs.delay("PUT", "/send/m.room.message/")
    for number in range(3):
        await bob.say("#room", f"waits {number}", id=f"waits {number}")
    rig.network.happen(missed("missed"))
    rig.settings["waiting"] = WaitingSettings(most=3)
    await started_again(rig)
    queue = rig.bridge.parts.queue
    await rig.network.wait(lambda: bool(rig.network.clients))
    while queue.aside.behind_gaps("loop"):
        await settle()
    await clock.advance(10 * gaps.TRY_AGAIN)
    await settle()
    assert queue.waiting == 3
    sends.release()
    await shown(alice, room, "waits 2")
    while not queue.brought.brought_by("loop") < 3:
        await settle()
    await clock.advance(gaps.TRY_AGAIN)
    await shown(alice, other, "missed")


async def test_what_stands_behind_a_gap_is_no_reason_not_to_fill_it(rig):
    Gated.gate = asyncio.Event()
    Gated.gate.set()
    rig.network.extra = (Gated,)
    rig.settings["waiting"] = WaitingSettings(most=3)
    await rig.start()
    alice, bob = rig.hs.person("alice"), rig.network.person("bob")
    room = await alice.join("#loop_#room:example.org")
    await bob.say("#room", "first", id="first")
    await shown(alice, room, "first")
    await rig.stop()
    rig.network.happen(missed("missed", "#room"))
    Gated.gate.clear()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    for number in range(3):
        await bob.say("#room", f"live {number}", id=f"live {number}")
    Gated.gate.set()
    await started_again(rig)
    await shown(alice, room, "live 2")
    said = [event["content"]["body"] for event in await alice.messages(room)]
    assert said[-5:] == ["first", "missed", "live 0", "live 1", "live 2"]
