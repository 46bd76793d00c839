"""Lanes: ordered within, concurrent across. The tables are their log, read back only at start.

A job travels from `put` to its worker in memory. A lane has a task only while it works; an idle
one costs nothing. The worker is the one place (with the login supervisor) that catches broadly.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from bridgekit import retry
from bridgekit.clock import Clock, Timer
from bridgekit.errors import RetryLater, Scope
from bridgekit.ids import JobID, LoginID
from bridgekit.journey import Done, Journey
from bridgekit.models import Direction, Draft, Job, Lane, Outcome
from bridgekit.store.intake import Put
from bridgekit.store.jobs import Jobs, charge
from bridgekit.store.progress import Finish, Retry
from bridgekit.store.writer import Writer

log = structlog.get_logger()

PIPELINE = 16  # ends of jobs that may wait for their commit while the lane goes on
LOAD = 64  # bodies read at once for a lane that was stored before this start
MEMORY = 64 << 20  # bytes of bodies kept for jobs that wait; the rest is read when its turn comes
STOPPING = 20.0


class Hold(Exception):  # noqa: N818 (an instruction to the lane)
    """Not now: this login is not connected. The job steps aside, what others send goes on."""

    def __init__(self, login: LoginID) -> None:
        super().__init__(login)
        self.login = login


class Handler(Protocol):
    """What a direction's workers do."""

    async def handle(self, journey: Journey) -> Done:
        """Take a job to its end. `RetryLater` and `Hold` keep it; any other exception buries it."""
        ...

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """A job has failed for good: tell who must know. May raise `RetryLater`."""
        ...


class Report(Protocol):
    """Where outcomes go once they are committed."""

    def __call__(self, outcome: Outcome) -> None: ...


@dataclass(slots=True)
class _Lane:
    key: Lane
    jobs: deque[Job] = field(default_factory=deque)
    held: dict[LoginID, deque[Job]] = field(default_factory=dict)
    journeys: dict[JobID, Journey] = field(default_factory=dict)
    ends: deque[asyncio.Future[None]] = field(default_factory=deque)
    running: bool = False
    timer: Timer | None = None
    waits_for: str = ""

    @property
    def idle(self) -> bool:
        return not (self.jobs or self.held or self.running)


class Queue:
    """All lanes of this process."""

    def __init__(
        self, jobs: Jobs, writer: Writer, clock: Clock, rng: random.Random, report: Report
    ) -> None:
        self._jobs, self._writer, self._clock, self._rng = jobs, writer, clock, rng
        self._report = report
        self._handlers: Mapping[Direction, Handler] = {}
        self._lanes: dict[Lane, _Lane] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._idle = asyncio.Condition()
        self._memory = 0

    async def run(self, handlers: Mapping[Direction, Handler]) -> None:
        """Work until cancelled or stopped; first what an earlier process left open."""
        self._handlers = handlers
        async with asyncio.TaskGroup() as self._tasks:
            await self._reload()
            async with self._idle:
                await self._idle.wait_for(lambda: self._stopping)
                try:
                    async with self._clock.timeout(STOPPING):
                        await self._idle.wait_for(lambda: not self._working())
                except TimeoutError:
                    log.warning("stopped with work in flight; it goes on at the next start")
            for task in list(self._running):
                task.cancel()

    async def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in flight has ended, or after 20 s."""
        async with self._idle:
            self._stopping = True
            self._idle.notify_all()

    async def put(self, batch: Put) -> Sequence[JobID | None]:
        """Store jobs and hand them to their lanes; durable on return."""
        return await self._writer.write(batch, then=lambda ids: self._hand_over(batch, ids))

    def wake(self, waiting_for: str) -> None:
        """What these lanes waited for may be there now. A hint: early or twice does no harm."""
        for lane in list(self._lanes.values()):
            if lane.waits_for == waiting_for:
                self._resume(lane)

    def release(self, login: LoginID) -> None:
        """The login can send now, or never will: its jobs take their places again."""
        for lane in list(self._lanes.values()):
            held = lane.held.pop(login, None)
            if held:
                lane.jobs.extendleft(reversed(held))
                self._resume(lane)

    def holds(self, lane: Lane, login: LoginID) -> bool:
        """Whether jobs of this login stepped aside in this lane, so that more must queue behind."""
        found = self._lanes.get(lane)
        return found is not None and login in found.held

    def adopt(self, jobs: Iterable[Job]) -> None:
        """Jobs that are stored already join the ends of their lanes."""
        for job in jobs:
            lane = self._lanes.setdefault(job.lane, _Lane(job.lane))
            lane.jobs.append(job)
            self._resume(lane)

    async def idle(self, lane: Lane) -> None:
        """Return once this lane has nothing to do."""
        async with self._idle:
            await self._idle.wait_for(lambda: lane not in self._lanes)

    @property
    def waiting(self) -> int:
        """How many jobs wait in all lanes."""
        return sum(
            len(lane.jobs) + sum(map(len, lane.held.values())) for lane in self._lanes.values()
        )

    async def _reload(self) -> None:
        marked = await self._jobs.marked()
        jobs = await self._jobs.open()
        charged = [replace(job, deaths=job.deaths + 1) for job in jobs if job.id in marked]
        if charged:
            await charge(self._writer, charged)
        deaths = {job.id: job for job in charged}
        # What came in during the reading is in the lanes already, behind none of these.
        known = {job.id for lane in self._lanes.values() for job in lane.jobs}
        old = [deaths.get(job.id, job) for job in jobs if job.id not in known]
        for job in reversed(old):
            self._lanes.setdefault(job.lane, _Lane(job.lane)).jobs.appendleft(job)
        for lane in list(self._lanes.values()):
            # No more than these can have been on their way when the last process stopped.
            for place, job in enumerate(list(lane.jobs)[: PIPELINE + 1]):
                lane.jobs[place] = replace(job, doubtful=job.id not in known)
            self._resume(lane)

    def _hand_over(self, batch: Put, ids: Sequence[JobID | None]) -> None:
        for draft, number in zip(batch.drafts, ids, strict=True):
            if number is None:
                continue
            body = draft.body if self._memory < MEMORY else None
            self._memory += len(body or "")
            self.adopt([_job(number, draft, body)])

    def _resume(self, lane: _Lane) -> None:
        if lane.timer is not None:
            lane.timer.cancel()
        lane.timer, lane.waits_for = None, ""
        if lane.running or self._stopping or self._tasks is None or not lane.jobs:
            return
        lane.running = True
        task = self._tasks.create_task(self._work(lane), name=f"lane {lane.key.direction}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _work(self, lane: _Lane) -> None:
        try:
            while lane.jobs and not self._stopping:
                await self._writer.healthy()
                if not await self._step(lane):
                    break
        finally:
            lane.running = False
            if lane.idle:
                self._lanes.pop(lane.key, None)
            async with self._idle:
                self._idle.notify_all()

    async def _step(self, lane: _Lane) -> bool:
        """Take the head as far as it gets; False if the lane must wait."""
        job = await self._head(lane)
        lane.jobs.popleft()
        journey = lane.journeys.pop(job.id, None) or Journey(job, self._clock)
        journey.job = job
        handler = self._handlers[lane.key.direction]
        try:
            done = await self._attempt(handler, journey)
        except Hold as hold:
            journey.pause("login")
            lane.journeys[job.id] = journey
            lane.held.setdefault(hold.login, deque()).append(job)
            return True
        except RetryLater as error:
            lane.journeys[job.id] = journey
            self._later(lane, journey, error)
            return False
        self._memory -= len(job.body or "")
        await self._finish(lane, journey, done)
        return True

    async def _attempt(self, handler: Handler, journey: Journey) -> Done:
        journey.resume()
        try:
            return await handler.handle(journey)
        except (Hold, RetryLater):
            raise
        except Exception as error:  # noqa: BLE001 (the lane worker: one job must not stop its lane)
            journey.note_try(error)
            return await handler.bury(journey, error)

    def _later(self, lane: _Lane, journey: Journey, error: RetryLater) -> None:
        journey.note_try(error)
        job = journey.job = replace(journey.job, attempts=journey.job.attempts + 1)
        lane.jobs.appendleft(job)
        wait = error.after
        if wait is None:
            wait = retry.backoff(job.attempts, self._rng.random())
        cause = (
            "homeserver" if lane.key.direction is not Direction.TO_NETWORK else error.scope.value
        )
        if error.scope is Scope.CHAT:
            cause = "rate limit"
        journey.pause(cause)
        until = journey.now() + int(wait * 1000)
        self._writer.submit(Retry(job.id, job.attempts, until, str(error)))
        lane.waits_for = cause
        lane.timer = self._clock.call_later(wait, lambda: self._resume(lane))

    async def _finish(self, lane: _Lane, journey: Journey, done: Done) -> None:
        outcome = journey.outcome(done)

        def committed(_: None) -> None:
            self._report(outcome)
            if done.then is not None:
                done.then()

        end = self._writer.submit(
            Finish(outcome, done.links, done.pending, done.settled, bury=done.bury),
            then=committed,
        )
        lane.ends.append(end)
        pipelined = PIPELINE if lane.key.direction is Direction.TO_MATRIX else 1
        while len(lane.ends) >= pipelined:
            await asyncio.shield(lane.ends.popleft())

    async def _head(self, lane: _Lane) -> Job:
        if lane.jobs[0].body is None:
            absent = [job.id for job in list(lane.jobs)[:LOAD] if job.body is None]
            bodies = await self._jobs.bodies(absent)
            for place, job in enumerate(list(lane.jobs)[:LOAD]):
                if job.id in bodies:
                    lane.jobs[place] = replace(job, body=bodies[job.id])
                    self._memory += len(bodies[job.id])
        return lane.jobs[0]

    def _working(self) -> bool:
        return any(lane.running for lane in self._lanes.values())


def _job(number: JobID, draft: Draft, body: str | None) -> Job:
    return Job(number, draft.lane, draft.key, draft.kind, draft.source, draft.received_at, body)
