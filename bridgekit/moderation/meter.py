"""How much each of many may do: an account that fills with time, and is shut once it is empty.

Time is what the events themselves tell, so that what comes all at once after an outage counts as
it was said. Who tells of a time long past gains a day's worth by it, once.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from bridgekit.lru import LRU
from bridgekit.models import Millis
from bridgekit.moderation.pauses import Pauses

K = TypeVar("K", bound=Hashable)

KEPT = 10_000
PAST = 86_400_000  # milliseconds


class Verdict(Enum):
    """What is to become of one message."""

    PASSES = "passes"
    SHUTS = "shuts"  # it is one too many: neither it nor what follows passes
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Measure:
    """`burst` at once, `rate` a second; then nothing for `pause` seconds."""

    rate: float
    burst: float
    pause: float


@dataclass(slots=True)
class _Account:
    level: float
    at: Millis  # how far its events have come in time
    came: Millis


class Meter(Generic[K]):
    """One account per key; what is not used for longest is forgotten."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._accounts: LRU[K, _Account] = LRU(KEPT)
        self._shut: Pauses[K] = Pauses(measure.pause)

    def take(self, key: K, at: Millis, now: Millis) -> Verdict:
        """Count one event that says it is of `at`."""
        measure, account = self._measure, self._accounts.get(key)
        at = min(max(at, now - PAST), now)
        if account is None:
            account = self._accounts.put(key, _Account(measure.burst, at, now))
        if self._shut.last(key, now):
            return Verdict.SHUT
        passed = max(at - account.at, now - account.came)
        if passed > 0:
            account.level = min(measure.burst, account.level + passed * measure.rate / 1000)
            account.at, account.came = max(account.at, at), now
        if account.level >= 1:
            account.level -= 1
            return Verdict.PASSES
        self._shut.begin(key, now)
        account.level = measure.burst
        return Verdict.SHUTS

    def shut_for(self, key: K, now: Millis) -> float:
        """For how many seconds from now it is shut."""
        return self._shut.left(key, now)
