"""What waits for long: its login does not connect or is refused, the network does not take it, or
nobody can look through it.

Whoever said it is told so, once. Kept in memory: after a restart it is held anew, and what was told
has the same key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import JobID, LoginID, NetworkName
from bridgekit.lanes.journey import Journey
from bridgekit.lanes.parking import Hold
from bridgekit.scanning.verdict import ScannerAway
from bridgekit.store.failure import StoreDown

log = structlog.get_logger()


class Cause(StrEnum):
    """What it waits for."""

    REFUSED = "refused"  # the network refuses the login
    AWAY = "away"  # the login is not connected
    BUSY = "busy"  # the network asks for a pause, or is not there
    SCAN = "scan"  # the content scan does not answer


# Seconds until that is told: what is sent a little late needs no words.
PATIENCE = {Cause.REFUSED: 0.0, Cause.AWAY: 60.0, Cause.BUSY: 300.0, Cause.SCAN: 60.0}
AGAIN = 60.0  # seconds until it is told that could not be


@dataclass(frozen=True, slots=True)
class HeldJob:
    """`event` is what an answer to it needs; `due` is when that is given. `why`: as it is told."""

    journey: Journey
    event: Mapping[str, Any]
    network: NetworkName
    login: LoginID
    cause: Cause
    why: str
    due: float


class Held:
    """The jobs of all lanes to networks that wait so; one task for all of them."""

    def __init__(self, clock: Clock, tell: Callable[[HeldJob], Awaitable[None]]) -> None:
        self._clock, self._tell = clock, tell
        # In each, the one that is due first comes first.
        self._untold: dict[Cause, dict[JobID, HeldJob]] = {cause: {} for cause in Cause}
        self._told: set[JobID] = set()
        self._added = asyncio.Event()

    def add(
        self,
        journey: Journey,
        event: Mapping[str, Any],
        network: NetworkName,
        login: LoginID,
        error: Hold | RetryLater,
    ) -> None:
        """It is held, perhaps not for the first time."""
        job, (cause, why) = journey.job.id, _cause(error)
        known = self._known(job)
        sooner = known is None or PATIENCE[cause] < PATIENCE[known.cause]
        if job in self._told or not sooner or isinstance(error, StoreDown):
            return
        self._take(job)
        kept = {name: event[name] for name in ("room_id", "event_id", "sender")}
        due = self._clock.monotonic() + PATIENCE[cause]
        self._untold[cause][job] = HeldJob(journey, kept, network, login, cause, why, due)
        self._added.set()

    def drop(self, job: JobID) -> None:
        """It goes on, or has ended."""
        self._take(job)
        self._told.discard(job)

    def _known(self, job: JobID) -> HeldJob | None:
        return next((one[job] for one in self._untold.values() if job in one), None)

    def _take(self, job: JobID) -> HeldJob | None:
        known = self._known(job)
        return None if known is None else self._untold[known.cause].pop(job)

    def _next(self) -> HeldJob | None:
        firsts = (next(iter(one.values())) for one in self._untold.values() if one)
        return min(firsts, key=lambda held: held.due, default=None)

    async def run(self) -> None:
        """Tell whoever waits for long, until cancelled."""
        while True:
            self._added.clear()
            held = self._next()
            if held is None:
                await self._added.wait()
            elif (left := held.due - self._clock.monotonic()) > 0:
                with suppress(TimeoutError):
                    async with self._clock.timeout(left):
                        await self._added.wait()  # it may have gone on by then
            else:
                await self._say(held)

    async def _say(self, held: HeldJob) -> None:
        job = held.journey.job
        try:
            await self._tell(held)
        except RetryLater:
            if self._take(job.id) is not None:
                due = self._clock.monotonic() + AGAIN  # so may those behind it: nobody can be told
                self._untold[held.cause][job.id] = replace(held, due=due)
            return
        except Exception as error:  # noqa: BLE001 (who cannot be told must not keep it from others)
            log.warning("sender not told", ref=job.reference, error=type(error).__name__)
        if self._take(job.id) is not None:
            self._told.add(job.id)
            log.warning("held", ref=job.reference, network=held.network, login=held.login)


def _cause(error: Hold | RetryLater) -> tuple[Cause, str]:
    if isinstance(error, ScannerAway):
        return Cause.SCAN, ""
    if isinstance(error, RetryLater):
        return Cause.BUSY, str(error)
    return (Cause.REFUSED if error.why else Cause.AWAY), error.why
