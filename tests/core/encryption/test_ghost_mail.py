"""What is sent to the devices of ghosts: keys that nobody else of the bridge has, and conversations
that somebody begins with them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from vodozemac import GroupSession

from bridgekit.encryption.device import FALLBACK
from bridgekit.encryption.ghosts import NEVER
from bridgekit.encryption.signed import is_signed
from bridgekit.ids import UserID
from bridgekit.store.ghost_devices import save_ghost_device
from tests.core.encryption.conftest import lives
from tests.core.encryption.far_side import ALICE, BOT, ROOM, FarSide
from tests.core.encryption.scene import Ahead
from tests.core.encryption.test_ghost_devices import say, words

BOB, EVE = UserID("@net_bob:example.org"), UserID("@net_eve:example.org")
JSON = dict[str, Any]


def device_of(far: FarSide, ghost: str = BOB) -> JSON:
    ((_, keys),) = far.ghosts.made[ghost].items()
    return keys


def begin(far: FarSide, ghost: str = BOB) -> JSON:
    """Alice begins a conversation with a ghost's device, by the key that it gives everybody."""
    far.keys.begin(device_of(far, ghost), far.ghosts.fallback[ghost])
    return device_of(far, ghost)


def sent(far: FarSide, device: JSON, content: JSON, kind: str = "m.room_key", **changes) -> JSON:
    said = far.keys.say(device, kind, content, **changes)
    return {"type": "m.room.encrypted", "sender": ALICE, "content": said}


def post(far: FarSide, *events: JSON, ghost: str = BOB) -> None:
    far.ghosts.mail_of.setdefault(ghost, []).extend(events)


def key_of(far: FarSide) -> tuple[GroupSession, JSON]:
    session = GroupSession()
    return session, far.keys.room_key(ROOM, session)


async def read(side: Any, session: GroupSession) -> bool:
    """Whether the bridge has the key by which alice says something."""
    return await side.mailbox._rows.reading_key(session.session_id, ALICE) is not None


async def _days_later(side: Any, days: int = 1) -> None:
    clock = Ahead()
    clock.more = timedelta(days=days, seconds=1)
    side._ghosts._clock = side.device._clock = clock
    await side.device.replenish(None)
    await side._ghosts._see_to_all()
    side._ghosts._clock = side.device._clock = Ahead()


async def test_a_client_that_never_spoke_with_us_can_begin_with_a_ghost(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "hello")
        far.keys._conversations.clear()
        ((name, key),) = far.ghosts.fallback[BOB].items()
        assert name.startswith("signed_curve25519:")
        assert key["fallback"] is True
        assert is_signed(key, BOB, side.device.row.device, side.device.ed25519)
        session, content = key_of(far)
        post(far, sent(far, begin(far), content))
        await side._ghosts.read(BOB)
        assert await read(side, session)
        assert side.refused == 0
        # And that conversation is the one that we go on with.
        side._envelopes._rooms.peek(ROOM).of(BOB).key = None
        await say(side, far, BOB, "again")
    assert words(far) == ["hello", "again"]


async def test_what_came_to_one_who_has_no_device_is_asked_of_nobody(begun, far) -> None:
    async with begun() as side:
        await side._ghosts.read(BOB)
        assert await side._ghosts.since(BOB) == NEVER
        await say(side, far, BOB, "hello")
        assert await side._ghosts.since(BOB) < NEVER
    assert "mail" not in far.ghosts.requests


async def test_what_comes_behind_a_look_is_found_by_the_next(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "hello")
        await side._ghosts.read(BOB)
        session, content = key_of(far)
        post(far, sent(far, begin(far), content))
        await side._ghosts.read(BOB)
        assert await read(side, session)


@pytest.mark.parametrize("first", [BOB, BOT])
async def test_the_same_key_comes_to_the_bot_as_well(begun, far, first) -> None:
    """In one conversation, of which each reads what the other does not."""
    async with begun() as side:
        await say(side, far, BOB, "hello")
        session, content = key_of(far)
        begin(far)
        (bot,) = far.made.values()
        post(far, sent(far, device_of(far), content), sent(far, device_of(far), {}, "m.dummy"))
        far.mail.append(sent(far, bot, content))
        for who in (first, BOB, BOT):
            if who == BOB:
                await side._ghosts.read(BOB)
            else:
                await side.mailbox.take(await far.sync(""))
        assert await read(side, session)
        # Read once more, as after a crash: a repetition to the bot is one, to a ghost it is none.
        await side.mailbox.take_of(BOB, far.ghosts.mail_of[BOB])
        assert side.refused == (first == BOT)


@pytest.mark.parametrize(
    ("to", "recipient"), [(BOB, BOT), (BOB, EVE), (BOB, ALICE), (BOT, BOB), (EVE, BOB)]
)
async def test_what_was_meant_for_another_of_us_is_refused(begun, far, to, recipient) -> None:
    async with begun() as side:
        for ghost in (BOB, EVE):
            await say(side, far, ghost, f"by {ghost}")
        session, content = key_of(far)
        event = sent(far, begin(far), content, recipient=recipient)
        good, also = key_of(far)
        behind = sent(far, device_of(far), also, recipient=to)
        if to == BOT:
            far.mail += [event, behind]
            await side.mailbox.take(await far.sync(""))
        else:
            post(far, event, behind, ghost=to)
            await side._ghosts.read(to)
        assert not await read(side, session)
        assert await read(side, good)
        assert side.refused == 1


async def test_who_says_that_they_are_another_is_refused(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "hello")
        session, content = key_of(far)
        event = sent(far, begin(far), content)
        post(far, {**event, "sender": "@mallory:example.org"})
        await side._ghosts.read(BOB)
        assert not await read(side, session)
        assert side.refused == 1


async def _reading(process: Any) -> None:
    async with process() as side:
        await side._ghosts.read(BOB)


async def test_it_dies_at_each_moment_of_reading_and_no_key_is_lost(begun, far) -> None:
    sessions, moment, lived = [], 0, False
    async with begun() as side:
        await say(side, far, BOB, "hello")
    while not lived:
        moment += 1
        for number in range(4):  # more than one answer of /sync holds
            session, content = key_of(far)
            sessions.append(session)
            post(far, sent(far, begin(far) if not number else device_of(far), content))
        far.steps, far.die_at = 0, moment
        lived = await lives(_reading(begun))
        far.die_at = -1
        far.ghosts.answers.clear()  # it is later than two minutes
        await _reading(begun)
    async with begun() as side:
        for session in sessions:
            assert await read(side, session), moment
        assert side.refused == 0
    assert moment > 8


@pytest.mark.parametrize("answered", [False, True])
async def test_what_the_bot_s_conversation_has_passed_over_is_nobody_s_fault(
    begun, far, answered
) -> None:
    async with begun() as side:
        await say(side, far, BOB, "hello")
        far.keys._conversations.clear()
        device = begin(far)
        (bot,) = far.made.values()
        far.mail.append(sent(far, bot, {}, "m.dummy"))
        await side.mailbox.take(await far.sync(""))
        if answered:
            side._envelopes._rooms.peek(ROOM).of(BOB).key = None
            await say(side, far, BOB, "again")
        late, content = key_of(far)
        post(far, sent(far, device, content), *(sent(far, device, content) for _ in range(50)))
        place = len(far.mail)
        far.mail.append(sent(far, bot, {}, "m.dummy"))
        await side.mailbox.take(await far.sync(str(place)))
        far.ghosts.mail_of[BOB] = far.ghosts.mail_of[BOB][:5]
        await side._ghosts.read(BOB)
        assert not await read(side, late)
        assert side.refused == 0
        assert side._mending._queue.empty()


async def test_a_conversation_that_we_cannot_read_is_begun_anew(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "hello")
        far.keys._conversations.clear()
        event = sent(far, begin(far), key_of(far)[1])
        for weeks in (1, 2):  # until its key is gone
            await _days_later(side, 7 * weeks + 1)
        post(far, event)
        await side._ghosts.read(BOB)
        assert side.refused == 1
        assert side._mending._queue.get_nowait() == (ALICE, far.keys.curve25519)


async def test_fallback_keys_change_and_those_of_before_are_read(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "hello")
        first = far.ghosts.fallback[BOB]
        assert dict(far.fallback).keys() == first.keys()
        await _days_later(side)
        assert far.ghosts.fallback[BOB] == first
        device, (session, content) = begin(far), key_of(far)
        early = sent(far, device, content)
        await _days_later(side, FALLBACK // 86_400_000)
        second = far.ghosts.fallback[BOB]
        assert second.keys() == far.fallback.keys() != first.keys()
        post(far, early)
        await side._ghosts.read(BOB)
        assert await read(side, session)


async def _a_week_later(process: Any) -> None:
    async with process() as side:
        side.device._clock = clock = Ahead()
        clock.more = timedelta(days=8)
        await side.device.replenish(None)


async def test_it_dies_at_each_moment_of_a_change_and_what_is_given_out_is_read(begun, far) -> None:
    moment, lived = 0, False
    while not lived:
        moment += 1
        far.steps, far.die_at = 0, moment
        lived = await lives(_a_week_later(begun))
        far.die_at = -1
        async with begun() as side:
            await side.device.replenish(None)
            assert far.fallback.keys() == side.device.fallback(BOT).keys(), moment
            (bot,), (session, content) = far.made.values(), key_of(far)
            far.keys.begin(bot, far.fallback)
            far.mail.append(sent(far, bot, content))
            await side.mailbox.take(await far.sync(""))
            assert await read(side, session), moment
    assert moment > 4


async def test_a_device_of_an_earlier_version_gets_its_key(begun, far) -> None:
    async with begun() as side:
        await say(side, far, BOB, "hello")
        row = await side._ghosts._rows.of(BOB)
        former = replace(row, fallback="", emptied_at=0)  # as the migration leaves it
        await side.mailbox._writer.write(save_ghost_device(former))
        far.ghosts.fallback.clear()
    async with begun() as side:
        await side._ghosts._see_to_all()
        assert far.ghosts.fallback[BOB].keys() == far.fallback.keys()
        asked = far.ghosts.requests.count("upload")
        await side._ghosts._see_to_all()
        assert far.ghosts.requests.count("upload") == asked
