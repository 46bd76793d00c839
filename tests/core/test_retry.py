"""How long to wait: bounded both ways, whatever is asked for."""

import math

from hypothesis import given
from hypothesis import strategies as st

from bridgekit import retry
from bridgekit.errors import UTMOST, RetryLater

JITTER = st.floats(0, 1, exclude_max=True)


@given(st.integers(0, 10**6), JITTER)
def test_the_back_off_is_bounded(attempts: int, jitter: float) -> None:
    assert 0.25 <= retry.backoff(attempts, jitter) <= retry.LONGEST


def test_it_doubles_and_is_spread_over_its_upper_half() -> None:
    assert [retry.backoff(attempts, 0.0) for attempts in (1, 2, 3, 4)] == [0.5, 1, 2, 4]
    assert retry.backoff(3, 0.5) == 3
    assert retry.backoff(1000, 0.0) == 30


@given(st.floats(), st.integers(1, 100), JITTER)
def test_whatever_is_asked_for_makes_a_finite_wait(
    after: float, attempts: int, jitter: float
) -> None:
    asked = RetryLater("Busy", after).after
    assert asked is None or 0 <= asked <= UTMOST
    assert retry.SHORTEST <= retry.delay(asked, attempts, jitter) <= UTMOST


def test_what_makes_sense_is_obeyed_to_the_letter() -> None:
    assert retry.delay(37.5, 9, 0.9) == 37.5
    assert retry.delay(None, 2, 0.0) == retry.backoff(2, 0.0)
    assert RetryLater("Busy", 37.5).after == 37.5
    assert RetryLater("Busy", math.nan).after is None


@given(st.integers(-(2**62), 2**62), st.integers(0, 2**42))
def test_a_stored_time_is_never_far_away(not_before: int, now: int) -> None:
    assert retry.capped(not_before, now) <= now + retry.LONGEST * 1000
    if not_before <= now:
        assert retry.capped(not_before, now) == not_before
