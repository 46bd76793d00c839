"""Where a late answer is settled: by what came back, else by one look into the room's history."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.api import HomeserverDown, Refused
from bridgekit.matrix.late_answers import MARKER, REMEMBERED, LateAnswers
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
        self.refused = set()
        self.asked = []

    async def recent(self, room, limit, as_user, senders):
        self.asked.append((room, as_user, tuple(senders)))
        if as_user in self.refused:
            raise Refused("no", "M_FORBIDDEN", 403)
        return self.history[:limit]


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


def test_the_memory_has_an_end(late):
    for number in range(REMEMBERED + 10):
        late.came_back({MARKER: str(number)}, EventID("$"))
    late.came_back({MARKER: 5}, EventID("$"))
    assert len(late._seen) == REMEMBERED
