"""What a room is told when something is stopped, and that it is told even if it must wait."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import RoomID
from bridgekit.moderation.alarms import TRIES, WAITING, Alarms, words
from bridgekit.moderation.guard import Crossing, Stop
from bridgekit.reasons import Reason
from bridgekit.testing.clock import VirtualClock, settle

ROOM = RoomID("!room:example.org")


def stop(network="", who=None, reason=Reason.FLOOD, seconds=60.0, room=ROOM):
    crossing = Crossing("chat", room, network, who or "", "$event", 0, "")
    return Stop(crossing, reason, seconds, () if who is None else tuple(who.split()))


@pytest.mark.parametrize(
    ("stopped", "said"),
    [
        (stop(who="@a:x"), "⚠ @a:x says so much here at once that nothing from them crosses for"),
        (stop("irc", "ann"), "⚠ ann says so much on irc at once"),
        (stop("irc", "ann\x1b[2J"), r"⚠ ann\x1b[2J says so much"),
        (stop(), "⚠ So much is said here at once that nothing from this room crosses for 60 sec"),
        (stop("irc"), "⚠ So much is said on irc at once that nothing from there crosses for"),
        (
            stop(who="@a:x ann", reason=Reason.CIRCLE, seconds=600.0),
            "⚠ What @a:x and ann say goes round and round, as if two bridges or bots",
        ),
        (stop(who="x" * 1000), "⚠ " + "x" * 100 + " says"),
    ],
)
def test_what_people_are_told(stopped, said):
    assert said in words(stopped)


class Told:
    """As `Status`: it fails as often as it is told to."""

    def __init__(self, *failures):
        self.failures, self.said = list(failures), []

    async def notice(self, room, text, *, key, mention, doubtful):
        assert text
        assert key
        if self.failures:
            raise self.failures.pop(0)
        self.said.append((room, mention, doubtful))
        return True


class Writer:
    def __init__(self):
        self.noted = []

    def submit(self, rows):
        self.noted += [row for _, changed in rows.changes for row in changed]


async def at_work(alarms, clock, seconds=0):
    task = asyncio.create_task(alarms.run())
    await settle()
    for _ in range(seconds):
        await clock.advance(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_homeserver_that_is_away_is_told_later():
    clock, told = VirtualClock(), Told(RetryLater("away"), RetryLater("away"))
    alarms = Alarms(told, Writer(), clock)
    alarms.sound(stop(who="@a:x"))
    await at_work(alarms, clock, 60)
    assert told.said == [(ROOM, "@a:x", True)]


async def test_one_that_stays_away_is_given_up_and_the_next_one_is_told():
    clock, told = VirtualClock(), Told(*[RetryLater("away")] * TRIES)
    alarms = Alarms(told, Writer(), clock)
    alarms.sound(stop(who="@a:x"))
    alarms.sound(stop("irc", "ann"))
    await at_work(alarms, clock, 3600)
    assert told.said == [(ROOM, None, False)]


async def test_a_chat_without_a_room_is_told_to_nobody_and_too_many_are_forgotten():
    told = Told()
    alarms = Alarms(told, writer := Writer(), VirtualClock())
    alarms.sound(stop("irc", "ann", room=None))
    for _ in range(2 * WAITING):
        alarms.sound(stop("irc", "ann"))
    await at_work(alarms, VirtualClock())
    assert len(told.said) == WAITING
    assert len(writer.noted) == 2 * WAITING + 1
    assert writer.noted[0]["what"] == "flood stopped"


async def test_whatever_else_goes_wrong_ends_nothing():
    clock, told = VirtualClock(), Told(Rejected("no"), ValueError("a bug"))
    alarms = Alarms(told, Writer(), clock)
    for _ in range(3):
        alarms.sound(stop("irc", "ann"))
    await at_work(alarms, clock)
    assert len(told.said) == 1
