"""Which quits are a split: many at once, and not many in the course of time."""

import asyncio

import pytest

from bridgekit import Chat, ChatID, Membership, MemberState, Rank, RemoteEvent
from bridges.irc.splits import Splits

RESET = "Connection reset by peer"
ROOM, OTHER = ChatID("#room"), ChatID("#other")


class Clock:
    def __init__(self):
        self.now = 100.0


@pytest.fixture
async def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: clock.now)
    return clock


def quits(splits, who, *chats):
    leave = Membership(who, MemberState.LEAVE, RESET)
    leaves = {chat: (RemoteEvent(Chat(chat), who, leave), Rank.MEMBER) for chat in chats}
    return splits.quit(who, RESET, leaves, split=False)


async def told(splits):
    await splits.over()
    return [event.sender for event in splits.left()]


async def test_who_is_back_before_it_is_told_has_not_left(clock):
    splits = Splits(1.0, 900.0)
    quits(splits, "ann", ROOM)
    clock.now += 2
    await splits.over()
    assert splits.returned("ann", ROOM) is Rank.MEMBER
    assert splits.left() == []


async def test_after_a_burst_a_single_quit_with_the_same_words_waits_but_a_moment(clock):
    splits = Splits(1.0, 900.0)
    for number in range(5):
        quits(splits, f"p{number}", ROOM)
    for number in range(20):
        clock.now += 2
        quits(splits, f"later{number}", ROOM)
        clock.now += 1
        assert await told(splits) == [f"later{number}"]
    clock.now = 1000.0
    assert await told(splits) == [f"p{number}" for number in range(5)]


async def test_one_who_comes_and_goes_is_not_many(clock):
    splits = Splits(1.0, 900.0)
    for _ in range(9):
        quits(splits, "ann", ROOM, OTHER)
        clock.now += 0.1
        assert splits.returned("ann", ROOM) is Rank.MEMBER
    clock.now += 1
    assert await told(splits) == ["ann"]


async def test_nothing_is_kept_of_quits_that_are_over(clock):
    splits = Splits(1.0, 900.0)
    for number in range(9):
        quits(splits, f"p{number}", ROOM)
        clock.now += 1
        await told(splits)
    assert (len(splits._lately), splits._reasons.total()) == (1, 1)
