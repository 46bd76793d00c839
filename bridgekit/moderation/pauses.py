"""Who is stopped and until when: each time again for twice as long, unless it was good for long."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridgekit.lru import LRU
from bridgekit.models import Millis

K = TypeVar("K", bound=Hashable)

KEPT = 10_000
LONGEST = 6  # times that a pause doubles


@dataclass(slots=True)
class _Pause:
    until: Millis
    strikes: int


class Pauses(Generic[K]):
    """The first one lasts `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._first = int(seconds * 1000)
        self._pauses: LRU[K, _Pause] = LRU(KEPT)
        self.any = False
        """Whether there ever was one: nearly always there was not."""

    def begin(self, key: K, now: Millis) -> float:
        """From now on; for how many seconds."""
        last, strikes = self._pauses.get(key), 0
        if last is not None and now - last.until <= 2 * (self._first << last.strikes):
            strikes = min(last.strikes + 1, LONGEST)
        pause = self._first << strikes
        self._pauses.put(key, _Pause(now + pause, strikes))
        self.any = True
        return pause / 1000

    def last(self, key: K, now: Millis) -> bool:
        """Whether it still lasts."""
        pause = self._pauses.peek(key)
        return pause is not None and now < pause.until

    def left(self, key: K, now: Millis) -> float:
        """For how many seconds from now."""
        pause = self._pauses.peek(key)
        return 0.0 if pause is None else max(0.0, (pause.until - now) / 1000)
