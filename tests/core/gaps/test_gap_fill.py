"""What was said while nobody listened is read, and shown before what is new (delivery rule 21)."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.errors import RetryLater
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsHistory
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import Rig

ROOM = ChatID("#room")


class Gated(SupportsHistory):
    """History that waits at a gate, and fails, or not (None), as it is told."""

    gate: asyncio.Event
    asked: list[tuple[str | None, int]]
    failures: list[Exception | None]

    async def history(self, chat, *, after=None, limit, **span):
        Gated.asked.append((after, limit))
        await Gated.gate.wait()
        failure = Gated.failures.pop(0) if Gated.failures else None
        if failure is not None:
            raise failure
        async for event in super().history(chat, after=after, limit=limit, **span):
            yield event


@pytest.fixture
async def rig(tmp_path, database):
    Gated.gate, Gated.asked, Gated.failures = asyncio.Event(), [], []
    Gated.gate.set()
    async with Rig(tmp_path, database=database) as rig:
        rig.network.extra = (Gated,)
        yield rig


def missed(number, text):
    return RemoteEvent(
        Chat(ROOM), RemoteUserID("bob"), Message(from_plain(text)), id=MessageID(f"m{number}")
    )


async def joined(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    return alice, await alice.join("#loop_#room:example.org")


async def back_with_one_missed(rig):
    """A first message is shown, another missed: its reading waits at the gate."""
    alice, room = await joined(rig)
    bob = rig.network.person("bob")
    await bob.say(ROOM, "first", id="m0")
    await shown(alice, room, "first")
    await rig.stop()
    rig.network.happen(missed(1, "missed"))
    Gated.gate.clear()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    return alice, room, bob


async def shown(alice, room, *texts):
    """The messages of the room, in order, once the last of these is there."""
    await alice.wait_for(room, lambda event: event["content"].get("body") == texts[-1])
    said = [event["content"].get("body") for event in await alice.messages(room)]
    return [text for text in said if text in texts]


async def test_rule_21_what_comes_live_is_shown_after_what_was_missed(rig):
    alice, room = await joined(rig)
    bob = rig.network.person("bob")
    await bob.say(ROOM, "first", id="m0")
    assert await shown(alice, room, "first") == ["first"]
    await rig.stop()
    for number in range(1, 4):
        rig.network.happen(missed(number, f"missed {number}"))
    Gated.gate.clear()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    await bob.say(ROOM, "live", id="m9")  # acknowledged, so stored
    Gated.gate.set()
    texts = ("first", "missed 1", "missed 2", "missed 3", "live")
    assert await shown(alice, room, *texts) == list(texts)


async def test_rule_21_a_crash_in_the_middle_of_a_gap_changes_no_order(rig):
    alice, room, bob = await back_with_one_missed(rig)
    await bob.say(ROOM, "live", id="m9")
    await rig.kill()
    Gated.gate.set()
    await rig.start()
    assert await shown(alice, room, "first", "missed", "live") == ["first", "missed", "live"]


async def test_rule_21_what_comes_again_behind_a_gap_takes_its_place_in_it(rig):
    """A network repeats what was not acknowledged, some time after the connect."""
    alice, room, bob = await back_with_one_missed(rig)
    rig.network.happen(missed(2, "missed, too"))
    await bob.say(ROOM, "live", id="m9")
    await rig.network.deliver(missed(1, "missed"))
    Gated.gate.set()
    texts = ("first", "missed", "missed, too", "live")
    assert await shown(alice, room, *texts) == list(texts)


async def test_rule_21_what_is_about_that_is_shown_behind_it(rig):
    alice, room, bob = await back_with_one_missed(rig)
    await bob.edit(ROOM, "m1", "missed, and edited", stamp="1")
    await bob.say(ROOM, "live", id="m9")
    await rig.network.deliver(missed(1, "missed"))
    await bob.react(ROOM, "m9", "👍")
    Gated.gate.set()
    await alice.wait_for(room, lambda event: event["type"] == "m.reaction")
    assert await shown(alice, room, "first", "missed", "live") == ["first", "missed", "live"]
    edits = [event["content"].get("m.new_content") for event in await alice.messages(room)]
    assert [edit["body"] for edit in edits if edit] == ["missed, and edited"]


async def test_rule_21_what_took_its_place_keeps_it_after_a_crash(rig):
    alice, room, bob = await back_with_one_missed(rig)
    rig.network.happen(missed(2, "missed, too"))
    await bob.say(ROOM, "live", id="m9")
    await rig.network.deliver(missed(1, "missed"))
    slow = rig.hs.delay("PUT", "/send/")
    Gated.gate.set()
    await slow.reached.wait()
    await rig.kill()
    slow.release()
    await rig.start()
    texts = ("first", "missed", "missed, too", "live")
    assert await shown(alice, room, *texts) == list(texts)


async def test_a_gap_that_cannot_be_read_is_said_and_stops_nothing(rig):
    alice, room = await joined(rig)
    bob = rig.network.person("bob")
    await bob.say(ROOM, "first", id="m0")
    await shown(alice, room, "first")
    await rig.stop()
    Gated.failures = [RetryLater("not now", after=0.01) for _ in range(9)]
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    await bob.say(ROOM, "live", id="m9")
    notice = "⚠ Some messages may be missing here: loop did not say what was said before."
    assert await shown(alice, room, notice, "live") == [notice, "live"]


async def test_a_reading_that_begins_anew_loses_nothing_and_changes_no_order(rig):
    rig.network_settings["history"] = HistorySettings(gap=120)
    alice, room = await joined(rig)
    bob = rig.network.person("bob")
    await bob.say(ROOM, "first", id="m0")
    await shown(alice, room, "first")
    await rig.stop()
    texts = [f"missed {number}" for number in range(1, 121)]
    for number, text in enumerate(texts, 1):
        rig.network.happen(missed(number, text))
    Gated.failures = [None, RetryLater("not now", after=0.01)]  # behind the first page
    Gated.gate.clear()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    await bob.say(ROOM, "live", id="live")
    Gated.gate.set()
    assert await shown(alice, room, *texts, "live") == [*texts, "live"]


async def test_a_connection_that_breaks_while_the_past_is_read_changes_no_order(rig):
    alice, room = await joined(rig)
    bob = rig.network.person("bob")
    await bob.say(ROOM, "first", id="m0")
    await shown(alice, room, "first")
    await rig.stop()
    rig.network.happen(missed(1, "missed"))
    Gated.gate.clear()
    Gated.asked.clear()
    await rig.start()
    while not Gated.asked:
        await settle()
    (broken,) = rig.network.clients.values()
    await rig.network.drop()
    rig.network.happen(missed(2, "missed again"))
    await rig.network.wait(lambda: broken not in (rig.network.clients or {"": broken}).values())
    await bob.say(ROOM, "live", id="live")
    Gated.gate.set()
    texts = ("first", "missed", "missed again", "live")
    assert await shown(alice, room, *texts) == list(texts)
    await bob.say(ROOM, "later", id="later")
    assert await shown(alice, room, "live", "later") == ["live", "later"]


async def test_a_gap_longer_than_the_operator_wants_is_said(rig):
    rig.network_settings["history"] = HistorySettings(gap=2)
    alice, room = await joined(rig)
    bob = rig.network.person("bob")
    await bob.say(ROOM, "first", id="m0")
    await shown(alice, room, "first")
    await rig.stop()
    for number in range(1, 5):
        rig.network.happen(missed(number, f"missed {number}"))
    await rig.start()
    await alice.wait_for(room, lambda event: "only 2" in str(event["content"].get("body")))
    texts = ("missed 1", "missed 2", "missed 3", "missed 4")
    await bob.say(ROOM, "live", id="m9")
    assert await shown(alice, room, *texts, "live") == ["missed 1", "missed 2", "live"]


async def test_a_network_without_history_has_no_gaps(rig):
    rig.network.extra = ()
    rig.network.lacks = frozenset({SupportsHistory})
    alice, room = await joined(rig)
    await rig.network.person("bob").say(ROOM, "hello", id="m0")
    assert await shown(alice, room, "hello") == ["hello"]
    assert Gated.asked == []


async def test_rule_21_what_we_say_meanwhile_hides_no_gap(rig):
    alice, room = await joined(rig)
    bob = rig.network.person("bob")
    await bob.say(ROOM, "first", id="m0")
    await shown(alice, room, "first")
    await rig.stop()
    rig.network.happen(missed(1, "missed"))
    Gated.gate.clear()
    Gated.asked.clear()
    Gated.failures = [RetryLater("not now", after=0.01)]
    await rig.start()
    await alice.say(room, "from matrix")
    await rig.network.wait(lambda: "from matrix" in rig.network.texts())
    Gated.gate.set()
    assert await shown(alice, room, "first", "missed") == ["first", "missed"]
    assert {after for after, _ in Gated.asked} == {"m0"}


async def test_rule_21_what_was_said_behind_something_live_is_shown_behind_it(rig):
    """History may bring what is on its way live too, but for what came live already."""
    alice, room, bob = await back_with_one_missed(rig)
    await bob.say(ROOM, "live", id="live")
    rig.network.happen(missed(2, "later"))
    Gated.gate.set()
    assert await shown(alice, room, "missed", "live", "later") == ["missed", "live", "later"]
    await rig.network.deliver(missed(2, "later"))
    await bob.say(ROOM, "last", id="last")
    assert await shown(alice, room, "later", "last") == ["later", "last"]


async def test_rule_21_a_gap_begins_behind_what_is_stored_though_not_shown_yet(rig):
    alice, room = await joined(rig)
    bob = rig.network.person("bob")
    slow = rig.hs.delay("PUT", "/send/")
    await bob.say(ROOM, "first", id="m0")
    await slow.reached.wait()
    await rig.kill()
    rig.network.happen(missed(1, "missed"))
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    await bob.say(ROOM, "live", id="m9")
    slow.release()
    assert await shown(alice, room, "first", "missed", "live") == ["first", "missed", "live"]
