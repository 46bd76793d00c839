"""One look at everything that is counted: what the metrics are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

from bridgekit.clock import Clock
from bridgekit.composition.parts import Parts
from bridgekit.lanes.depth import depths
from bridgekit.lanes.journey import millis
from bridgekit.metrics.health import Check, Health
from bridgekit.models import Millis
from bridgekit.store.failure import StoreDown
from bridgekit.store.figures import Kept, kept, size_of


@dataclass(frozen=True)
class Reading:
    """`kept` is None while the database does not answer."""

    parts: Parts
    at: Millis
    began: Millis
    checks: tuple[Check, ...]
    scanner_up: bool
    kept: Kept | None
    database_bytes: int | None

    @cached_property
    def depths(self) -> dict[tuple[str, str], tuple[int, float]]:
        """Jobs, and the age of the oldest in seconds, by direction and by who brought them."""
        return {
            (way.value, origin or "homeserver"): (one.jobs, max(0, self.at - one.oldest) / 1000)
            for (way, origin), one in depths(self.parts.queue.lanes.values()).items()
        }

    @property
    def version(self) -> str:
        return version("matrix-bridgekit")


class Readings:
    """Takes them; `url` is the database's."""

    def __init__(self, parts: Parts, health: Health, url: str, clock: Clock) -> None:
        self._parts, self._health, self._url, self._clock = parts, health, url, clock
        self._began = millis(clock)

    async def take(self) -> Reading:
        try:
            found = await kept(self._parts.store.reader)
        except StoreDown:
            found = None
        return Reading(
            parts=self._parts,
            at=millis(self._clock),
            began=self._began,
            checks=tuple(await self._health.ready()),
            scanner_up=await self._parts.media.scan.works(),
            kept=found,
            database_bytes=size_of(self._url),
        )
