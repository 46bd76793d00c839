"""Which epoch of the database this is: one that was restored from a copy begins a new one.

That the bridge has done something is counted in the database and, right after, at the homeserver.
If the homeserver knows of more, the database is older than what was done: then nothing that it says
of the time before now is relied on (delivery rule 27).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import NetworkName
from bridgekit.incoming import FAST
from bridgekit.lanes.journey import millis
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Direction, Job, Millis, Part, PartState
from bridgekit.patience import patiently
from bridgekit.signing import Signer
from bridgekit.store.jobs import Jobs
from bridgekit.store.people import People, save_value
from bridgekit.store.progress import SaveParts
from bridgekit.store.writer import Writer

log = structlog.get_logger()

EVERY = 60.0  # seconds: a copy that is younger than this when it is restored is not noticed
LEAVING = 2.0  # seconds that the homeserver has for the last word of a bridge that stops
TOGETHER = 500  # jobs that are put in doubt in one commit
ACCOUNT_DATA = "dev.bridgekit.epoch"  # of the bot: nobody else sees it

_FAST = FAST // timedelta(milliseconds=1)
_OURS = NetworkName("")  # the values of the bridge itself
_COUNT, _RESTORED = "epoch count", "restored at"


class Epoch:
    """`done` counts what has been brought to an end since the start."""

    def __init__(
        self,
        people: People,
        jobs: Jobs,
        writer: Writer,
        signer: Signer,
        intents: Intents,
        instance: str,
        done: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._people, self._jobs, self._writer, self._signer = people, jobs, writer, signer
        self._intents, self._done, self._clock = intents, done, clock
        self._name = hashlib.sha256(instance.encode()).hexdigest()[:16]
        self._count = self._restored = self._counted = 0

    @property
    def restored(self) -> Millis:
        """When it was last found to be restored from a copy; 0: never."""
        return self._restored

    def forgot(self, at: Millis) -> bool:
        """Whether what happened then may have been bridged, though the database says nothing."""
        return at < self._restored + _FAST

    async def begin(self, split: Callable[[], Awaitable[None]]) -> None:
        """Before anything is worked on: find out, and put what is open in doubt.

        `split` makes jobs of what was accepted and is none yet.
        """
        await patiently(partial(self._begin, split), self._clock)

    async def _begin(self, split: Callable[[], Awaitable[None]]) -> None:
        self._count = await self._value(_COUNT)
        self._restored = await self._value(_RESTORED)
        known = await self._known()
        if known > self._count:
            log.warning(
                "the database is older than what this bridge has done: it was restored from a copy;"
                " what it has forgotten is looked for before it is sent"
            )
            await split()
            await self._restore(known)
        await self._advance()

    async def run(self) -> None:
        """Count what is done, until cancelled."""
        while True:
            await self._clock.sleep(EVERY)
            await self._note()

    async def end(self) -> None:
        """Count the last of it; the homeserver may be away, and nobody waits for it."""
        with suppress(TimeoutError):
            async with self._clock.timeout(LEAVING):
                await self._note()

    async def _note(self) -> None:
        if self._done() == self._counted:
            return
        with suppress(RetryLater):  # of the homeserver, or of a store that fails
            await self._advance()

    async def _advance(self) -> None:
        """The database first: it must never look older than it is."""
        done = self._done()
        await self._writer.write(save_value(_OURS, _COUNT, str(self._count + 1)))
        self._count += 1
        try:
            await self._intents.keep(ACCOUNT_DATA, {"database": self._name, "count": self._count})
        except Refused as refused:
            log.warning("the homeserver keeps no account data for the bot", why=str(refused))
        self._counted = done

    async def _known(self) -> int:
        """How far this database was when the homeserver last heard of it."""
        try:
            kept = await self._intents.kept(ACCOUNT_DATA) or {}
        except Refused:
            return 0  # it keeps nothing, as `_advance` will say
        count = kept.get("count")
        return count if kept.get("database") == self._name and isinstance(count, int) else 0

    async def _restore(self, known: int) -> None:
        """Safe to repeat: the count, which ends it, is written last."""
        planned = await self._jobs.planned()
        jobs = [
            job for job in await self._jobs.open() if job.lane.direction is Direction.TO_NETWORK
        ]
        for start in range(0, len(jobs), TOGETHER):
            some = jobs[start : start + TOGETHER]
            doubts = [await self._doubt(job, known=job.id in planned) for job in some]
            await asyncio.gather(*map(self._writer.submit, doubts))
        self._restored = millis(self._clock)
        await self._writer.write(save_value(_OURS, _RESTORED, str(self._restored)))
        self._count = known

    async def _doubt(self, job: Job, *, known: bool) -> SaveParts:
        """It was open in the copy; it may have been sent since. `known`: it has parts."""
        portal = job.lane.portal
        assert portal is not None  # noqa: S101 (a lane to a network is a portal's)
        parts = [Part(0, self._signer.remote_txn(portal, job.source, 0))]
        if known:
            parts = await self._jobs.parts(job.id)
        doubtful = [
            replace(part, state=PartState.DOUBT)
            for part in parts
            if part.state is PartState.PLANNED
        ]
        return SaveParts(job.id, doubtful)

    async def _value(self, key: str) -> int:
        return int(await self._people.value(_OURS, key) or 0)
