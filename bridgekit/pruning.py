"""Forgets, while the bridge runs, what has been kept for as long as is promised."""

from __future__ import annotations

import structlog

from bridgekit.clock import Clock
from bridgekit.lanes.journey import millis
from bridgekit.store.failure import StoreDown
from bridgekit.store.retention import BATCH, RETENTION, Keep, Prune
from bridgekit.store.writer import Writer

EVERY = 6 * 3600.0  # seconds
BREATH = 0.1  # seconds between two batches, in which the writer is everybody else's
log = structlog.get_logger()


class Pruning:
    """One table after another, a batch at a time, some times a day."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer, self._clock = writer, clock

    async def run(self) -> None:
        while True:
            for rule in RETENTION:
                await self._forget(rule)
            await self._clock.sleep(EVERY)

    async def _forget(self, rule: Keep) -> None:
        gone = 0
        try:
            while (batch := await self._batch(rule)) == BATCH:
                gone += batch
                await self._clock.sleep(BREATH)
        except StoreDown:
            return  # the next round finds the same rows
        if gone + batch:
            log.info("forgotten", table=rule.table.name, rows=gone + batch, days=rule.days)

    async def _batch(self, rule: Keep) -> int:
        return await self._writer.write(Prune(rule, millis(self._clock)))
