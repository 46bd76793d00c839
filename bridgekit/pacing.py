"""Token buckets by name: how fast something may happen, without a task or timer for idle ones."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bridgekit.clock import Clock
from bridgekit.lru import LRU


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # first come, first served


class Pacing:
    """The buckets of one network, or of what else shares a measure."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: LRU[tuple[str, ...], _Bucket] = LRU(10_000)

    async def take(self, scope: tuple[str, ...], *, rate: float, burst: float, cost: float) -> None:
        """Wait for `cost` tokens of `scope`, which fills by `rate` a second up to `burst`."""
        bucket = self._bucket(scope, burst)
        async with bucket.turn:
            self._fill(bucket, rate, burst)
            missing = min(cost, burst) - bucket.level
            if missing > 0:
                await self._clock.sleep(missing / rate)
                self._fill(bucket, rate, burst)
            bucket.level -= cost

    def spare(self, scope: tuple[str, ...], *, rate: float, burst: float) -> bool:
        """Take one token of `scope` if it is there now; False: it is not, and none is taken.

        For what is refused instead of waiting; such a scope has nobody who waits.
        """
        bucket = self._bucket(scope, burst)
        self._fill(bucket, rate, burst)
        if bucket.level < 1:
            return False
        bucket.level -= 1
        return True

    def _bucket(self, scope: tuple[str, ...], burst: float) -> _Bucket:
        found = self._buckets.get(scope)
        return found or self._buckets.put(scope, _Bucket(burst, self._clock.monotonic()))

    def _fill(self, bucket: _Bucket, rate: float, burst: float) -> None:
        now = self._clock.monotonic()
        bucket.level = min(burst, bucket.level + (now - bucket.at) * rate)
        bucket.at = now
