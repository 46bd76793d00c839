"""Two bridges and a relay that answer everything, in one room: the guard ends it and says so."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest

from bridgekit.errors import Rejected
from bridgekit.moderation.rounds import TIMES, TURNS
from bridgekit.reasons import Reason
from bridgekit.store.changes import latest
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import Rig
from tests.core.moderation.circling import at_work, heard, mirror, relay
from tests.core.moderation.conftest import ALIAS, counted, notices

MANY = 300
HELLO = "is anybody there at this hour?"


@pytest.fixture
async def rig(tmp_path, database) -> AsyncIterator[Rig]:
    """As nobody has set anything; no time passes, however slow the machine is."""
    clock = VirtualClock()
    async with Rig(tmp_path, clock, database=database, homeserver_clock=clock) as rig:
        yield rig


async def test_a_circle_of_bridges_ends_is_said_and_nothing_else_stops(rig):
    await rig.start()
    alice, bot = rig.hs.person("alice"), rig.hs.person("relaybot")
    room = await alice.join(ALIAS)
    await bot.join(ALIAS)
    async with at_work(mirror(rig), relay(bot, room)):
        await alice.say(room, HELLO)
        await alice.wait_for(
            room, lambda event: "goes round and round" in event["content"].get("body", "")
        )
        await rig.network.say("#room", "bob", "this is not going round", id="b1")
        await alice.wait_for(
            room, lambda event: event["content"].get("body") == "this is not going round"
        )
        await alice.say(room, "nor is this")
        await rig.network.wait(lambda: "nor is this" in rig.network.texts("#room"))
    assert counted(rig, Reason.CIRCLE) >= 1
    round_it_went = [text for text in rig.network.texts("#room") if text.endswith(HELLO)]
    assert len(round_it_went) <= 2 * TIMES
    changes = await latest(rig.bridge.parts.store.reader, 10)
    assert any(change.what == "circle stopped" for change in changes)


async def test_two_that_answer_each_other_with_ever_other_words_are_stopped(rig):
    await rig.start()
    alice, bot = rig.hs.person("alice"), rig.hs.person("relaybot")
    room = await alice.join(ALIAS)
    await bot.join(ALIAS)

    async def answer():
        for number in itertools.count():
            await heard(rig, number)
            await rig.network.say("#room", "oracle", f"answer {number}", id=f"o{number}")

    async def ask():
        for number in itertools.count():
            body = f"answer {number}"
            await bot.wait_for(room, lambda event, body=body: event["content"].get("body") == body)
            await bot.say(room, f"question {number}")

    async with at_work(answer(), ask()):
        await bot.say(room, "the first question")
        await alice.wait_for(
            room, lambda event: "goes round and round" in event["content"].get("body", "")
        )
        await alice.say(room, "and I?")
        await rig.network.wait(lambda: "and I?" in rig.network.texts("#room"))
    assert len(await notices(alice, room)) >= 1
    assert counted(rig, Reason.CIRCLE) >= 1
    assert TURNS // 2 <= len(rig.network.heard) <= TURNS // 2 + 5


async def test_who_fails_to_send_a_notice_hears_it_once_so_that_two_bridges_do_not_begin_to_talk(
    rig,
):
    rig.network.before.extend([lambda _: Rejected("no")] * 4)
    await rig.start()
    bot = rig.hs.person("otherbridge")
    room = await bot.join(ALIAS)
    for _ in range(3):
        await bot.say(room, "your message was not bridged", msgtype="m.notice")
    await bot.say(room, "a person's words")
    await bot.say(room, "the end")
    await rig.network.wait(lambda: "the end" in rig.network.texts("#room"))
    assert len(await notices(bot, room)) == 2


async def test_with_the_default_settings_nothing_honest_is_lost(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    for number in range(MANY):
        await alice.say(room, f"{number} of many")
    for number in range(MANY):
        await rig.network.say("#room", "monitor", "OK, all is well", id=f"m{number}")
    await alice.say(room, "the end")
    await rig.network.say("#room", "monitor", "the end", id="end")
    await rig.network.wait(lambda: "the end" in rig.network.texts("#room"))
    await alice.wait_for(
        room,
        lambda event: (
            event["content"].get("body") == "the end" and event["sender"] != alice.user_id
        ),
    )
    assert rig.network.texts("#room") == [*(f"{n} of many" for n in range(MANY)), "the end"]
    assert (await alice.bodies(room)).count("OK, all is well") == MANY
