"""Lanes: ordered within, concurrent across. The tables are their log, read back only at start.

A job travels from `put` to its worker in memory. A lane has a task only while it works; an idle
one costs nothing. The worker is the one place (with the login supervisor) that catches broadly.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import structlog

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.events import Raw
from bridgekit.ids import JobID
from bridgekit.lanes.aside import Aside
from bridgekit.lanes.attempt import Handler, attempt, cause_of
from bridgekit.lanes.behind import Behind
from bridgekit.lanes.bodies import Bodies
from bridgekit.lanes.earlier import PIPELINE, Unread, left_open, opened_beside
from bridgekit.lanes.journey import Ended, Journey, Report, millis, unstored
from bridgekit.lanes.lane import OpenLane
from bridgekit.lanes.news import News
from bridgekit.lanes.parking import Stay, StepAside
from bridgekit.lanes.stopping import drain
from bridgekit.lanes.waiting import Origin, Waiting
from bridgekit.models import Direction, Job, Lane
from bridgekit.store.failure import StoreDown
from bridgekit.store.intake import Put
from bridgekit.store.jobs import settle
from bridgekit.store.progress import Finish, Retry
from bridgekit.store.writer import Writer

log = structlog.get_logger()
HandOver = Callable[[Sequence[JobID | None]], None]


class Queue:
    """All lanes of this process."""

    def __init__(
        self, bodies: Bodies, writer: Writer, clock: Clock, rng: random.Random, report: Report
    ) -> None:
        self._bodies, self._jobs = bodies, bodies.jobs
        self._writer, self._clock, self._rng = writer, clock, rng
        self._report = report
        self._handlers: Mapping[Direction, Handler] = {}
        self.lanes: dict[Lane, OpenLane] = {}
        self.aside = Aside(self.lanes, self._resume)
        self.news = News(writer, self.aside)
        self._waiting_for: defaultdict[str, dict[Lane, OpenLane]] = defaultdict(dict)
        self.brought = Waiting()
        self.unread = Unread(bodies.jobs)
        self._behind = Behind(self.lanes, bodies, self.brought)
        self._tasks: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._stopping, self._missed = asyncio.Event(), False

    async def run(self, handlers: Mapping[Direction, Handler]) -> None:
        """Work until cancelled or stopped; first what an earlier process left open."""
        self._handlers = handlers
        async with asyncio.TaskGroup() as tasks:
            store = (self._jobs, self._writer)
            left = await left_open(*store, self.brought, self._clock, self._stopping)
            if left is None:
                return
            # From here on nothing else runs. What came in since the start is known, and behind it.
            for origin, old in left:
                self._lane(old[0].lane, old, origin).add(old)
            self.unread.read()
            self._tasks = tasks  # only now: what came in meanwhile is behind what was there
            try:
                self._start()
                if self._missed:
                    await self.catch_up()
                await self._stopping.wait()
                await drain(self._running, self._clock)
                # Last in its batch. If the store fails it is left out: then jobs are charged.
                in_order = not (self._running or self._waiting_for.get("store"))
                self._writer.submit(settle(in_order=in_order))
            finally:
                self._tasks = None
                for lane in self.lanes.values():
                    lane.rouse()

    def _still(self, lane: Lane) -> bool:
        return self._stopping.is_set() or self.aside.is_shut(lane)

    async def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in flight has ended, or after 20 s."""
        self._stopping.set()

    async def put(self, batch: Put, origin: Origin = None) -> Sequence[JobID | None]:
        """Store jobs, which `origin` brought, and hand them to their lanes; durable on return."""
        if batch.past_of is not None:
            await self.unread.over.wait()  # what it may move is in its lane
        return await self._writer.write(batch, then=self.handing_over(batch, origin))

    def handing_over(self, batch: Put, origin: Origin = None) -> HandOver:
        """What is to be called once these jobs are stored; asked for just before that."""
        jobs = self.news.of(batch)
        return lambda ids: self.adopt(chain(self._behind.moved(batch, ids), jobs(ids)), origin)

    async def catch_up(self) -> None:
        """Take in what another process opened in the store, as `bridgekit queue retry` does."""
        if self._tasks is None:
            self._missed = True  # `run` does it once it has started
            return
        # What ended meanwhile goes away again when its body is not found.
        async for lanes in opened_beside(self._jobs, self.brought):
            for origin, jobs in lanes:
                self.adopt(jobs, origin)

    def wake(self, waiting_for: str) -> None:
        """What these lanes waited for may be there now. A hint: early or twice does no harm."""
        for lane in list(self._waiting_for.pop(waiting_for, {}).values()):
            self._resume(lane)

    async def amendments(self, job: Job) -> Sequence[Job]:
        """The jobs behind it in its lane that change what it says, with their bodies."""
        lane = self.lanes.get(job.lane)
        return await self._bodies.whole([] if lane is None else lane.amendments(job.source))

    def busy(self, lane: Lane, kind: str | None = None) -> bool:
        """Whether this lane has anything to do, or anything of that kind."""
        found = self.lanes.get(lane)
        there = found is not None and (kind is None or bool(found.of_kind(kind)))
        return there or lane in self.unread

    async def of_kind(self, lane: Lane, kind: str) -> Sequence[Job]:
        """What of that kind this lane has to do, with their bodies."""
        found = self.lanes.get(lane)
        return await self._bodies.whole([] if found is None else found.of_kind(kind))

    def adopt(self, jobs: Iterable[Job], origin: Origin = None) -> None:
        """Jobs that are stored already join their lanes, unless they are there."""
        joining: dict[OpenLane, list[Job]] = {}
        for job in jobs:
            if not self._handlers:  # `run` will read it
                self.unread.add(job.lane)
            elif job.id not in self.brought:
                lane = self._lane(job.lane, (job,), origin)
                joining.setdefault(lane, []).append(self._bodies.keep(job))
        for lane, new in joining.items():
            lane.add(new)
            if lane.timer is None:  # else whoever is first in it was told to wait
                self._resume(lane)

    async def idle(self, lane: Lane) -> None:
        """Return once this lane has nothing to do and all that it did is stored."""
        await self.unread.over.wait()  # what an earlier process left counts
        while (found := self.lanes.get(lane)) is not None and not found.quiet:
            await found.over.wait()

    async def stored(self, lane: Lane) -> None:
        """Return once the ends of all earlier jobs of this lane are stored (see `PIPELINE`)."""
        found = self.lanes.get(lane)
        for end in tuple(found.ends) if found is not None else ():  # those of later jobs are not
            await asyncio.wait([end])

    @property
    def waiting(self) -> int:
        """How many jobs are in all lanes."""
        return len(self.brought)

    def _start(self) -> None:
        now = millis(self._clock)
        for lane in list(self.lanes.values()):
            left = retry.capped(lane.jobs[0].not_before, now) - now
            # The homeserver is there, or nothing would start; a network may have meant it.
            if left > 0 and lane.key.direction is Direction.TO_NETWORK:
                self._sleep(lane, "rate limit", left / 1000)
            else:
                self._resume(lane)

    def _lane(self, key: Lane, jobs: Iterable[Job], origin: Origin) -> OpenLane:
        """The lane of these new ones, opened if need be."""
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = OpenLane(key, origin)
        for job in jobs:
            self.brought.add(job.id, lane.origin)
        return lane

    def _resume(self, lane: OpenLane) -> None:
        if lane.timer is not None:
            lane.rouse()
            self._waiting_for.get(lane.waits_for, {}).pop(lane.key, None)
        if lane.running or not lane.take_back() or self._tasks is None or self._still(lane.key):
            return
        lane.running = True
        task = self._tasks.create_task(self._work(lane), name=f"lane {lane.key.direction}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _sleep(self, lane: OpenLane, cause: str, seconds: float) -> None:
        lane.waits_for = cause
        lane.timer = self._clock.call_later(seconds, lambda: self._resume(lane))
        self._waiting_for[cause][lane.key] = lane

    async def _work(self, lane: OpenLane) -> None:
        try:
            while lane.take_back() and lane.timer is None and not self._still(lane.key):
                await self._writer.healthy()
                await self._step(lane)
        except StoreDown:
            lane.interrupt()
            self._sleep(lane, "store", retry.FIRST)
        except Exception:
            # A fault of the core itself: it is this lane's alone.
            log.exception("lane failed", lane=lane.key.owner, direction=lane.key.direction)
            lane.interrupt()
            self._sleep(lane, "store", retry.LONGEST)
        finally:
            lane.running = False
            self._leave(lane)

    async def _step(self, lane: OpenLane) -> None:
        """Take the head as far as it gets."""
        while lane.take_back() and lane.jobs[0].body is None:
            for gone in await self._bodies.load(lane.jobs):
                self.brought.discard(gone, lane.origin)
                lane.forget(gone)
        if not lane.jobs or self._still(lane.key):  # it may be since its body was asked for
            return
        journey = lane.begin(self._clock)
        try:
            ended = await attempt(self._handlers[lane.key.direction], journey)
        except StepAside as aside:
            journey.pause(aside.cause)
            journey.job = self._bodies.drop(journey.job)
            lane.step_aside(aside.key, journey)
        except StoreDown:  # no fault of the job: no try is counted
            journey.pause("store")
            lane.put_back(journey)
            raise
        except RetryLater as error:
            self._later(lane, journey, error)
        else:
            self._bodies.forget(journey.job)
            lane.current = None
            await self._finish(lane, ended)

    def _later(self, lane: OpenLane, journey: Journey, error: RetryLater) -> None:
        journey.note_try(error)
        attempts = journey.job.attempts + 1
        # Its body is read again: it may wait for long, and an operator may drop it meanwhile.
        journey.job = replace(self._bodies.drop(journey.job), attempts=attempts)
        wait = retry.delay(error.after, attempts, self._rng.random())
        cause = cause_of(error)
        journey.pause(cause)
        lane.put_back(journey)
        until = journey.now() + int(wait * 1000)
        self._writer.submit(Retry(journey.job.id, attempts, until, str(error)))
        self._sleep(lane, error.key if isinstance(error, Stay) else cause, wait)

    async def _finish(self, lane: OpenLane, ended: Ended) -> None:
        self._store(lane, ended)
        # What comes next may look at what they did: a room's own business, what came as it was.
        alone = lane.key.direction is Direction.CONTROL or ended.outcome.kind == Raw.__name__
        while len(lane.ends) >= (1 if alone else PIPELINE):
            await asyncio.wait([lane.ends[0]])

    def _store(self, lane: OpenLane, ended: Ended) -> None:
        done, outcome = ended.done, ended.outcome

        def committed(_: None) -> None:
            self.brought.discard(outcome.job, lane.origin)
            self.aside.ended(ended)
            if done.then is not None:
                done.then()
            self._report(outcome)

        def over(end: asyncio.Future[None]) -> None:
            lane.ends.remove(end)
            error = end.exception()
            if error is not None and not isinstance(error, StoreDown) and not ended.replaced:
                self._store(lane, unstored(ended))
            self._leave(lane)

        finish = Finish(outcome, done.links, done.pending, done.settled, done.also, done.bury)
        end = self._writer.submit(finish, then=committed)
        lane.ends.append(end)
        end.add_done_callback(over)

    def _leave(self, lane: OpenLane) -> None:
        """Forget a lane that has nothing to do."""
        if lane.quiet:
            lane.over.set()
            lane.over = asyncio.Event()
        if lane.idle and self.lanes.get(lane.key) is lane:
            del self.lanes[lane.key]
