"""How long to wait before the next try; pure, with the randomness handed in."""

from bridgekit.models import Millis

FIRST = 1.0
LONGEST = 60.0
SHORTEST = 0.05  # a network that says "at once", again and again, must not keep a lane spinning


def backoff(attempts: int, jitter: float) -> float:
    """Seconds before the next try; `jitter` in [0, 1) spreads it over the upper half."""
    whole: float = min(LONGEST, FIRST * 2.0 ** min(attempts - 1, 16))
    return whole * (0.5 + jitter / 2)


def delay(after: float | None, attempts: int, jitter: float) -> float:
    """Seconds before the next try: what was asked for (`RetryLater.after`), else the back-off."""
    return backoff(attempts, jitter) if after is None else max(after, SHORTEST)


def capped(not_before: Millis, now: Millis) -> Millis:
    """A stored `not_before`, at most the longest wait away: a clock that jumped freezes no lane."""
    return min(not_before, now + int(LONGEST * 1000))
