"""What the guard stops and what it never does, as it is set up when nobody has set anything."""

from __future__ import annotations

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.ids import RoomID
from bridgekit.moderation.guard import Crossing, Guard
from bridgekit.moderation.rounds import TIMES
from bridgekit.reasons import Reason

NOW = 1_700_000_000_000
ROOM = RoomID("!room:example.org")
HELLO = "hello, is anybody there?"


class Clock:
    now = NOW

    def __call__(self):
        return self.now


def guarded(**settings):
    clock, stops = Clock(), []
    return Guard(ModerationSettings(**settings), clock, stops.append), clock, stops


def said(words, who="bot", network="irc", known_by="", room=ROOM):
    chat = f"{network} #room" if network else room
    return Crossing(chat, room, network, who, known_by, NOW, words)


def circle(guard, times, words=HELLO, people=("@relay:x", "other")):
    found = []
    for n in range(times):
        network = "irc" if n % 2 else ""
        found.append(guard.objection(said(words, people[n % 2], network)))
    return found


def test_without_settings_no_volume_is_too_much():
    guard, _, stops = guarded()
    for n in range(5000):
        assert guard.objection(said(f"{n} {HELLO}")) is None
    for _ in range(5000):
        assert guard.objection(said("the same again", network="", who="@a:x")) is None
    assert stops == []


def test_a_circle_is_stopped_once_with_a_word_and_everybody_else_goes_on():
    guard, _, stops = guarded()
    found = circle(guard, 3 * TIMES)
    assert found == [None] * TIMES + [Reason.CIRCLE] * 2 * TIMES
    (stop,) = stops
    assert (stop.people, stop.seconds) == (("@relay:x", "other"), 60)
    assert guard.objection(said("I am somebody else", "ann")) is None
    elsewhere = said("the same in another room", "other", room=RoomID("!other:x"))
    assert guard.objection(elsewhere) is None


def test_who_went_round_is_heard_again_after_the_pause_and_stopped_for_longer_the_next_time():
    guard, clock, stops = guarded()
    circle(guard, 3 * TIMES)
    clock.now += 60_000
    assert guard.objection(said("sorry", "other")) is None
    assert Reason.CIRCLE in circle(guard, 3 * TIMES, "something else that goes round")
    assert [stop.seconds for stop in stops] == [60, 120]


def test_what_comes_again_because_it_could_not_be_stored_is_judged_once():
    guard, _, _ = guarded(sender_burst=2)
    for _ in range(10):
        assert guard.objection(said("one", known_by="$1")) is None
    assert guard.objection(said("two", known_by="$2")) is None
    for _ in range(10):
        assert guard.objection(said("three", known_by="$3")) is Reason.FLOOD


def test_circles_are_left_alone_where_the_operator_says_so():
    guard, _, stops = guarded(circles=False)
    assert set(circle(guard, 10 * TIMES)) == {None}
    assert stops == []
