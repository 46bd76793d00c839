"""Which requests are under way at once, and who has to wait for whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridgekit.matrix import turns
from bridgekit.matrix.turns import AT_ONCE, MOST, Turns
from bridgekit.testing.clock import settle

HOUR = 3600.0


@asynccontextmanager
async def held(all_turns: Turns, *paths: str) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Requests that are not answered inside the block, once all that may begin have begun."""
    answered = asyncio.Event()

    async def request(path: str) -> None:
        async with all_turns.of(path):
            began.append(path)
            await answered.wait()

    began: list[str] = []
    async with asyncio.TaskGroup() as group:
        try:
            for path in paths:
                group.create_task(request(path))
            await settle()
            yield began
        finally:
            answered.set()


def rooms(count: int, kind: str = "room") -> list[str]:
    return [f"client/v3/rooms/!{kind}{number}/send/m.room.message/1" for number in range(count)]


async def passed(all_turns: Turns, path: str) -> bool:
    """Whether a request gets its turn at once."""
    try:
        async with asyncio.timeout(0), all_turns.of(path):
            return True
    except TimeoutError:
        return False


@pytest.fixture
def slow(monkeypatch):
    """Every request is slow as soon as others ran."""
    monkeypatch.setattr(turns, "SLOW", 0.0)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(turns, "SLOW", HOUR)


@pytest.mark.usefixtures("quick")
async def test_so_many_quick_requests_are_under_way_and_no_more():
    all_turns = Turns()
    async with held(all_turns, *rooms(AT_ONCE + 5)) as began:
        assert len(began) == AT_ONCE
    assert len(began) == AT_ONCE + 5


@pytest.mark.usefixtures("slow")
async def test_who_turns_out_to_be_slow_gives_its_place_to_others():
    all_turns = Turns()
    async with held(all_turns, *rooms(AT_ONCE, "slow")):
        assert all_turns.overdue == AT_ONCE
        assert await passed(all_turns, "client/v3/rooms/!other/send")
    assert all_turns.overdue == 0


@pytest.mark.usefixtures("slow")
async def test_a_room_that_was_slow_waits_among_its_like(monkeypatch):
    all_turns, slow_ones = Turns(), rooms(2 * AT_ONCE, "slow")
    async with held(all_turns, *slow_ones) as began:
        assert len(began) == 2 * AT_ONCE
        assert all(all_turns.known_slow.get(_about(one)) for one in slow_ones)
    monkeypatch.setattr(turns, "SLOW", HOUR)
    async with held(all_turns, *slow_ones) as again:
        assert len(again) == AT_ONCE
        assert await passed(all_turns, "client/v3/rooms/!other/send")
        assert not await passed(all_turns, slow_ones[0])


@pytest.mark.usefixtures("slow")
async def test_a_room_that_is_quick_again_waits_for_no_slow_one(monkeypatch):
    all_turns, slow_ones = Turns(), rooms(AT_ONCE + 1, "slow")
    async with held(all_turns, *slow_ones):
        assert all_turns.known_slow.get(_about(slow_ones[-1]))
    monkeypatch.setattr(turns, "SLOW", HOUR)
    assert await passed(all_turns, slow_ones[0])
    async with held(all_turns, *slow_ones[1:]):
        assert await passed(all_turns, slow_ones[0])


@pytest.mark.usefixtures("slow")
async def test_when_everything_is_slow_there_is_a_limit_all_the_same():
    all_turns = Turns()
    async with held(all_turns, *rooms(AT_ONCE)):
        assert all_turns.overdue == AT_ONCE
        assert all(all_turns.known_slow.get(_about(one)) for one in rooms(AT_ONCE))
        async with held(all_turns, *rooms(AT_ONCE + 5), *rooms(AT_ONCE + 5, "new")) as began:
            # Those known to be slow among their like; of the new ones as many as are quick.
            assert len(began) + AT_ONCE == MOST


@pytest.mark.usefixtures("quick")
async def test_who_gives_up_waiting_takes_no_place_with_it():
    all_turns = Turns()
    async with held(all_turns, *rooms(AT_ONCE)):
        assert not await passed(all_turns, "client/v3/rooms/!other/send")
    async with held(all_turns, *rooms(AT_ONCE)) as began:
        assert len(began) == AT_ONCE


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("client/v3/rooms/!a/send/m.room.message/1", "client/v3/rooms/!a/messages", True),
        ("client/v3/rooms/!a/send/m.room.message/1", "client/v3/rooms/!b/messages", False),
        ("client/v3/createRoom", "client/v3/createRoom", True),
        ("client/versions", "client/v3/createRoom", False),
    ],
)
def test_a_request_is_about_its_room(one, other, same):
    assert (_about(one) == _about(other)) == same


def _about(path: str) -> str:
    return Turns().of(path)._about
