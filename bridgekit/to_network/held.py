"""What is held because its login does not connect: whoever said it is told so, once.

Kept in memory: after a restart it is held anew, and what was told has the same key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import JobID, LoginID, NetworkName
from bridgekit.lanes.journey import Journey

log = structlog.get_logger()

PATIENCE = 60.0  # seconds: what is sent a little late needs no words


@dataclass(frozen=True, slots=True)
class HeldJob:
    """`event` is what an answer to it needs; `due` is when that is given."""

    journey: Journey
    event: Mapping[str, Any]
    network: NetworkName
    login: LoginID
    due: float


class Held:
    """The jobs of all lanes to networks that wait for a login; one task for all of them."""

    def __init__(self, clock: Clock, tell: Callable[[HeldJob], Awaitable[None]]) -> None:
        self._clock, self._tell = clock, tell
        self._untold: dict[JobID, HeldJob] = {}  # the one that is due first comes first
        self._told: set[JobID] = set()
        self._added = asyncio.Event()

    def add(
        self, journey: Journey, event: Mapping[str, Any], network: NetworkName, login: LoginID
    ) -> None:
        """It is held, perhaps not for the first time."""
        job = journey.job.id
        if job in self._told or job in self._untold:
            return
        kept = {name: event[name] for name in ("room_id", "event_id", "sender")}
        due = self._clock.monotonic() + PATIENCE
        self._untold[job] = HeldJob(journey, kept, network, login, due)
        self._added.set()

    def drop(self, job: JobID) -> None:
        """It goes on, or has ended."""
        self._untold.pop(job, None)
        self._told.discard(job)

    async def run(self) -> None:
        """Tell whoever waits for long, until cancelled."""
        while True:
            held = next(iter(self._untold.values()), None)
            if held is None:
                self._added.clear()
                await self._added.wait()
            elif (left := held.due - self._clock.monotonic()) > 0:
                await self._clock.sleep(left)  # it may have gone on by then
            else:
                await self._say(held)

    async def _say(self, held: HeldJob) -> None:
        job = held.journey.job
        try:
            await self._tell(held)
        except RetryLater:
            if self._untold.pop(job.id, None) is not None:
                self._untold[job.id] = replace(held, due=self._clock.monotonic() + PATIENCE)
            return
        except Exception as error:  # noqa: BLE001 (who cannot be told must not keep it from others)
            log.warning("sender not told", ref=job.reference, error=type(error).__name__)
        if self._untold.pop(job.id, None) is not None:
            self._told.add(job.id)
            log.warning("held", ref=job.reference, network=held.network, login=held.login)
