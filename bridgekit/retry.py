"""How long to wait before the next try; pure, with the randomness handed in."""

import math

from bridgekit.models import Millis

FIRST = 1.0
LONGEST = 60.0
SHORTEST = 0.05  # a network that says "at once", again and again, must not keep a lane spinning
UTMOST = 24 * 3600.0  # whoever asks for more time than that means something else


def backoff(attempts: int, jitter: float) -> float:
    """Seconds before the next try; `jitter` in [0, 1) spreads it over the upper half."""
    whole: float = min(LONGEST, FIRST * 2.0 ** min(attempts - 1, 16))
    return whole * (0.5 + jitter / 2)


def delay(after: float | None, attempts: int, jitter: float) -> float:
    """Seconds before the next try: what was asked for, if it makes sense, else the back-off."""
    if after is None or math.isnan(after):
        return backoff(attempts, jitter)
    return min(max(after, SHORTEST), UTMOST)


def capped(not_before: Millis, now: Millis) -> Millis:
    """A stored `not_before`, at most the longest wait away: a clock that jumped freezes no lane."""
    return min(not_before, now + int(LONGEST * 1000))
