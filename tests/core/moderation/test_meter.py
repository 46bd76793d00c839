"""Accounts that fill with time; one that runs dry is shut, for longer each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridgekit.moderation.meter import Measure, Meter, Verdict
from tests.fuzz.effort import tries

NOW = 1_700_000_000_000
SECOND = 1000
DAY = 86_400_000


def meter(rate=1.0, burst=3.0, pause=60.0):
    return Meter(Measure(rate, burst, pause))


def takes(meter, times, at=NOW, now=NOW, key="a"):
    return [meter.take(key, at, now) for _ in range(times)]


def takes_all(meter, times):
    return [meter.take("a", when, NOW) for when in times]


def test_a_burst_passes_and_what_follows_is_shut_out_once_with_a_word():
    assert takes(meter(), 6) == [Verdict.PASSES] * 3 + [Verdict.SHUTS] + [Verdict.SHUT] * 2


def test_whoever_is_slow_enough_is_never_shut_out():
    one = meter()
    at = [NOW + number * SECOND for number in range(1000)]
    assert {one.take("a", when, when) for when in at} == {Verdict.PASSES}


def test_others_are_not_shut_out_with_somebody():
    one = meter()
    takes(one, 5)
    assert one.take("b", NOW, NOW) is Verdict.PASSES


def test_after_the_pause_everything_passes_again_and_the_next_pause_is_longer():
    one = meter()
    takes(one, 4)
    assert one.shut_for("a", NOW) == 60
    later = NOW + 60 * SECOND
    assert one.take("a", later - 1, later - 1) is Verdict.SHUT
    assert takes(one, 4, later, later) == [Verdict.PASSES] * 3 + [Verdict.SHUTS]
    assert one.shut_for("a", later) == 120


def test_who_was_good_for_long_begins_anew():
    one = meter()
    takes(one, 4)
    later = NOW + 60 * SECOND + 10 * 60 * SECOND
    takes(one, 4, later, later)
    assert one.shut_for("a", later) == 60


def test_pauses_do_not_grow_without_end():
    one, now = meter(), NOW
    for _ in range(50):
        takes(one, 4, now, now)
        now += int(one.shut_for("a", now) * SECOND)
    takes(one, 4, now, now)
    assert one.shut_for("a", now) == 60 * 64


def test_what_comes_at_once_after_an_outage_counts_as_it_was_said():
    one = meter()
    said = [NOW - (1000 - number) * SECOND for number in range(1000)]
    assert {one.take("a", when, NOW) for when in said} == {Verdict.PASSES}


def test_who_tells_of_a_time_long_past_gains_a_day_by_it_once():
    one = meter(rate=1 / 3600, burst=1.0)  # a message an hour
    told = [NOW - DAY + number * DAY // 24 for number in range(25)]
    assert {one.take("a", when, NOW) for when in told} == {Verdict.PASSES}
    assert one.take("a", told[0], NOW) is Verdict.SHUTS


def test_what_is_older_than_a_day_is_all_of_one_time():
    told = [NOW - 10 * DAY + number * DAY for number in range(4)]
    assert takes_all(meter(), told)[-1] is Verdict.SHUTS


def test_a_clock_that_is_fast_gains_nothing():
    one = meter()
    verdicts = [one.take("a", NOW + number * DAY, NOW) for number in range(5)]
    assert verdicts.count(Verdict.PASSES) == 3


@tries(100)
@given(st.lists(st.integers(0, 10), max_size=60), st.integers(1, 5))
def test_never_more_passes_than_the_burst_and_what_the_time_allows(steps, burst):
    one, now, passed = meter(burst=float(burst), pause=1.0), NOW, 0
    for step in steps:
        now += step * 100
        passed += one.take("a", now, now) is Verdict.PASSES
    shuts = (now - NOW) / SECOND + 1  # after each pause of a second, one more burst
    assert passed <= burst * (shuts + 1) + (now - NOW) / SECOND
