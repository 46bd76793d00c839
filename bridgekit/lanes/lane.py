"""One lane in memory: what waits in it, what stepped aside, and what it waits for.

Its order is that of the jobs' IDs, whoever joins when.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from bridgekit.clock import Clock, Timer
from bridgekit.ids import JobID, LoginID
from bridgekit.lanes.journey import Journey
from bridgekit.lanes.parking import StepAside, for_login
from bridgekit.lanes.waiting import Origin
from bridgekit.models import Job, Lane
from bridgekit.said import is_early


@dataclass(slots=True, eq=False)
class OpenLane:
    """Kept only while there is something to do.

    `current` is the job that is being worked on. `aside` holds, by what they wait for, the jobs
    that let others pass; `amending`, by target, those that change what an earlier one says;
    `early` the sources of those in `jobs` that come before what was pushed. `origin` is who brought
    them.
    """

    key: Lane
    origin: Origin = None
    jobs: deque[Job] = field(default_factory=deque)
    aside: dict[str, deque[Job]] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    amending: dict[str, dict[JobID, None]] = field(default_factory=dict)
    early: dict[JobID, str] = field(default_factory=dict)
    journeys: dict[JobID, Journey] = field(default_factory=dict)
    ends: deque[asyncio.Future[None]] = field(default_factory=deque)
    current: Job | None = None
    running: bool = False
    timer: Timer | None = None
    waits_for: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def idle(self) -> bool:
        return self.quiet and not self.aside

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to do but for what stepped aside."""
        return not (self.jobs or self.running or self.ends or self.current)

    @property
    def unsettled(self) -> bool:
        """Whether what is next, or under way, may be done already."""
        if self.current is not None or not self.jobs:
            return self.current is not None
        journey = self.journeys.get(self.jobs[0].id)
        return self.jobs[0].doubtful or (journey is not None and journey.doubtful)

    @property
    def waiting(self) -> int:
        return len(self.jobs) + sum(map(len, self.aside.values()))

    def of_kind(self, kind: str) -> list[Job]:
        """What of this kind waits, or is under way."""
        current = () if self.current is None else (self.current,)
        return [one for one in chain(current, self.jobs, *self.aside.values()) if one.kind == kind]

    def add(self, jobs: Sequence[Job]) -> None:
        """These take their places: one by one they would each cost a look at the whole lane."""
        jobs = sorted(jobs, key=_place)
        for job in jobs:
            self._amends(job)
            if is_early(job):
                self.early[job.id] = job.source
        if not self.jobs or not jobs or self.jobs[-1].id < jobs[0].id:
            self.jobs.extend(jobs)
        elif jobs[-1].id < self.jobs[0].id:
            self.jobs.extendleft(reversed(jobs))
        else:
            merged = sorted([*self.jobs, *jobs], key=_place)
            self.jobs.clear()
            self.jobs.extend(merged)

    def take_out(self, keys: Container[str]) -> list[Job]:
        """Those of these that wait for their turn."""
        gone = [job for job in self.jobs if job.key in keys]
        if gone:
            rest = [job for job in self.jobs if job.key not in keys]
            self.jobs.clear()
            self.jobs.extend(rest)
        for job in gone:
            self._amends_no_more(job)
            self.early.pop(job.id, None)
        return gone

    def forget(self, job: JobID) -> None:
        """It was dropped while it waited for its turn."""
        self.journeys.pop(job, None)
        self.early.pop(job, None)

    def rouse(self) -> None:
        """It waits for no time any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def begin(self, clock: Clock) -> Journey:
        """Take the head to work on it."""
        job = self.current = self.jobs.popleft()
        self._amends_no_more(job)
        self.early.pop(job.id, None)
        journey = self.journeys.pop(job.id, None) or Journey(job, clock)
        journey.job = job
        return journey

    def put_back(self, journey: Journey) -> None:
        """It waits again, where it was."""
        self.current = None
        self.journeys[journey.job.id] = journey
        self.add([journey.job])

    def interrupt(self) -> None:
        """What is under way waits again, where it was, and may be done already."""
        if self.current is not None:
            self.add([replace(self.current, doubtful=True)])
            self.current = None

    def step_aside(self, key: str, journey: Journey) -> None:
        """It waits for what `key` names; what others send goes on."""
        self.current = None
        self.journeys[journey.job.id] = journey
        self.aside.setdefault(key, deque()).append(journey.job)
        self._amends(journey.job)

    def stepped_aside(self, kind: type[StepAside]) -> list[tuple[str, deque[Job]]]:
        """What waits so, by what it waits for."""
        return [one for one in self.aside.items() if one[0].startswith(kind.prefix)]

    def release(self, key: str) -> bool:
        """What stepped aside for `key` takes its place again, before all that came later.

        Not while a job is under way: that one would overtake them.
        """
        if key in self.aside:
            self.released.add(key)
        return key in self.aside

    def take_back(self) -> bool:
        """Between two jobs, what was released goes back; True if there is something to do."""
        if self.released:
            back = [job for key in self.released for job in self.aside.pop(key, ())]
            self.released.clear()
            self.add(back)
        return bool(self.jobs)

    def amendments(self, source: str) -> list[Job]:
        """The jobs behind, in order, that change what `source` says."""
        numbers = self.amending.get(source)
        if not numbers:
            return []
        waiting = chain(self.jobs, *self.aside.values())
        return sorted((job for job in waiting if job.id in numbers), key=_place)

    def _amends(self, job: Job) -> None:
        if job.target is not None:
            self.amending.setdefault(job.target, {})[job.id] = None

    def _amends_no_more(self, job: Job) -> None:
        if job.target is not None:
            waiting = self.amending.get(job.target, {})
            waiting.pop(job.id, None)
            if not waiting:
                self.amending.pop(job.target, None)


def _place(job: Job) -> JobID:
    return job.id


def may_have_sent(lanes: Mapping[Lane, OpenLane], key: Lane, login: LoginID) -> bool:
    """Whether a lane has what an earlier process may have sent, by this login for all we know."""
    lane = lanes.get(key)
    if lane is None:
        return False
    current = () if lane.current is None else (lane.current,)
    waiting = chain(current, lane.jobs, lane.aside.get(for_login(login), ()))
    return any(job.doubtful for job in waiting)
