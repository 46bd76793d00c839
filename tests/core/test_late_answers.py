"""Where a late answer is settled: by what came back, else by one look into the room's history."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.api import HomeserverDown, Refused
from bridgekit.matrix.late_answers import HISTORY, MARKER, READINGS, REMEMBERED, LateAnswers
from bridgekit.testing.clock import settle

ROOM, GHOST, BOT = RoomID("!room"), UserID("@ghost:x"), UserID("@bot:x")


class Backlog:
    def __init__(self):
        self.open = asyncio.Event()
        self.open.set()

    async def drained(self):
        await self.open.wait()


class Intents:
    bot = BOT

    def __init__(self):
        self.history = []
        self.meanwhile = lambda: None
        self.refused = set()
        self.asked = []

    async def recent(self, room, limit, as_user, senders):
        self.asked.append((room, as_user, tuple(senders)))
        if as_user in self.refused:
            raise Refused("no", "M_FORBIDDEN", 403)
        shown = self.history[:limit]
        self.meanwhile()
        return shown


@pytest.fixture
def intents():
    return Intents()


@pytest.fixture
def backlog():
    return Backlog()


@pytest.fixture
def late(intents, backlog):
    return LateAnswers(intents, lambda: backlog)


def event(marker, name):
    return {"content": {MARKER: marker}, "event_id": name}


async def test_what_came_back_needs_no_look(late, intents):
    late.came_back({MARKER: "m"}, EventID("$1"))
    assert await late.find(ROOM, "m", GHOST) == "$1"
    assert intents.asked == []


async def test_rule_14_what_the_homeserver_still_has_for_us_is_read_first(late, backlog):
    backlog.open.clear()
    finding = asyncio.ensure_future(late.find(ROOM, "m", GHOST))
    await settle()
    late.came_back({MARKER: "m"}, EventID("$1"))
    backlog.open.set()
    assert await finding == "$1"


async def test_the_history_is_read_once_for_many_of_one_sender(late, intents):
    intents.history = [event("a", "$a"), event("b", "$b"), {"content": None}, {}]
    assert await late.find(ROOM, "a", GHOST) == "$a"
    assert await late.find(ROOM, "b", GHOST) == "$b"
    assert await late.find(ROOM, "never", GHOST) is None
    assert intents.asked == [(ROOM, GHOST, (BOT, GHOST))]
    await late.find(ROOM, "never", UserID("@other:x"))
    assert len(intents.asked) == 2


async def test_a_doubt_that_is_newer_than_the_last_look_looks_again(late, intents):
    assert await late.find(ROOM, "m", GHOST) is None
    late.lost(ROOM, GHOST)
    intents.history = [event("m", "$1")]
    assert await late.find(ROOM, "m", GHOST) == "$1"


async def test_a_ghost_that_was_put_out_is_looked_for_by_the_bot(late, intents):
    intents.refused = {GHOST}
    intents.history = [event("m", "$1")]
    assert await late.find(ROOM, "m", GHOST) == "$1"
    assert [user for _, user, _ in intents.asked] == [GHOST, None]


async def test_a_room_that_nobody_may_read_says_that_it_was_not_sent(late, intents):
    intents.refused = {GHOST, None}
    assert await late.find(ROOM, "m", GHOST) is None


async def test_a_look_that_fails_decides_nothing(late, intents, monkeypatch):
    async def down(*_):
        raise HomeserverDown("down")

    with monkeypatch.context() as patch:
        patch.setattr(intents, "recent", down)
        with pytest.raises(HomeserverDown):
            await late.find(ROOM, "m", GHOST)
    intents.history = [event("m", "$1")]
    assert await late.find(ROOM, "m", GHOST) == "$1"


def in_room(number):
    return RoomID(f"!room{number}")


async def test_rule_14_in_however_many_rooms_two_are_in_doubt_both_are_found(late, intents):
    rooms = [in_room(number) for number in range(READINGS + 10)]

    async def found(name):
        """The first or second of each room; the homeserver gives the newest first."""
        for room in rooms:
            intents.history = [
                *(event(f"{room} {number}", f"{room} ${number}") for number in range(HISTORY))
            ]
            assert await late.find(room, f"{room} {name}", GHOST) == f"{room} ${name}"

    await found(HISTORY - 1)
    await found(0)


async def test_rule_14_what_goes_on_meanwhile_displaces_nothing_that_was_read(late, intents):
    intents.history = [event("a", "$a"), event("b", "$b")]
    assert await late.find(ROOM, "a", GHOST) == "$a"
    for number in range(REMEMBERED):
        late.came_back({MARKER: str(number)}, EventID("$"))
    assert await late.find(ROOM, "b", GHOST) == "$b"
    assert len(intents.asked) == 1


async def test_rule_14_what_was_answered_after_the_look_is_found_as_well(late):
    assert await late.find(ROOM, "m", GHOST) is None
    late.answered(ROOM, GHOST, {MARKER: "m"}, EventID("$1"))
    for number in range(REMEMBERED):
        late.came_back({MARKER: str(number)}, EventID("$"))
    assert await late.find(ROOM, "m", GHOST) == "$1"


async def test_rule_14_an_answer_that_is_lost_during_a_look_is_looked_for_anew(late, intents):
    intents.meanwhile = lambda: late.lost(ROOM, GHOST)
    assert await late.find(ROOM, "other", GHOST) is None
    intents.history = [event("m", "$1")]
    assert await late.find(ROOM, "m", GHOST) == "$1"


async def test_rule_14_an_answer_that_comes_during_a_look_is_known_behind_it(late, intents):
    intents.meanwhile = lambda: late.answered(ROOM, GHOST, {MARKER: "m"}, EventID("$1"))
    assert await late.find(ROOM, "other", GHOST) is None
    for number in range(REMEMBERED):
        late.came_back({MARKER: str(number)}, EventID("$"))
    assert await late.find(ROOM, "m", GHOST) == "$1"


async def test_the_memory_has_an_end(late):
    for number in range(REMEMBERED + 10):
        late.came_back({MARKER: str(number)}, EventID("$"))
    late.came_back({MARKER: 5}, EventID("$"))
    assert len(late._seen) == REMEMBERED
    for number in range(READINGS + 10):
        await late.find(in_room(number), "m", GHOST)
    assert len(late._readings) == READINGS


async def test_what_a_chatty_room_once_showed_is_not_kept_for_ever(late):
    await late.find(ROOM, "m", GHOST)
    for number in range(3 * HISTORY):
        late.answered(ROOM, GHOST, {MARKER: str(number)}, EventID("$"))
    assert late._readings == {}
