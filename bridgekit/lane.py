"""One lane in memory: what waits in it, what stepped aside, and what it waits for.

Its order is that of the jobs' IDs, whoever joins when.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bridgekit.clock import Clock, Timer
from bridgekit.ids import JobID, LoginID
from bridgekit.journey import Journey
from bridgekit.models import Job, Lane


@dataclass(slots=True, eq=False)
class OpenLane:
    """Kept only while there is something to do. `current` is the job that is being worked on."""

    key: Lane
    jobs: deque[Job] = field(default_factory=deque)
    held: dict[LoginID, deque[Job]] = field(default_factory=dict)
    released: set[LoginID] = field(default_factory=set)
    journeys: dict[JobID, Journey] = field(default_factory=dict)
    ends: deque[asyncio.Future[None]] = field(default_factory=deque)
    current: Job | None = None
    running: bool = False
    timer: Timer | None = None
    waits_for: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def idle(self) -> bool:
        return not (self.jobs or self.held or self.running or self.ends)

    @property
    def waiting(self) -> int:
        return len(self.jobs) + sum(map(len, self.held.values()))

    def add(self, jobs: Sequence[Job]) -> None:
        """These, which are in order among themselves, take their places."""
        if not self.jobs or not jobs or self.jobs[-1].id < jobs[0].id:
            self.jobs.extend(jobs)
        elif jobs[-1].id < self.jobs[0].id:
            self.jobs.extendleft(reversed(jobs))
        else:
            merged = sorted([*self.jobs, *jobs], key=_place)
            self.jobs.clear()
            self.jobs.extend(merged)

    def rouse(self) -> None:
        """It waits for no time any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def begin(self, clock: Clock) -> Journey:
        """Take the head to work on it."""
        job = self.current = self.jobs.popleft()
        journey = self.journeys.pop(job.id, None) or Journey(job, clock)
        journey.job = job
        return journey

    def put_back(self, journey: Journey) -> None:
        """It waits again, where it was."""
        self.current = None
        self.journeys[journey.job.id] = journey
        self.add([journey.job])

    def hold(self, login: LoginID, journey: Journey) -> None:
        """It steps aside until `login` is there; what others send goes on."""
        self.current = None
        self.journeys[journey.job.id] = journey
        self.held.setdefault(login, deque()).append(journey.job)

    def release(self, login: LoginID) -> bool:
        """What stepped aside for `login` takes its place again, before all that came later.

        Not while a job is under way: that one would overtake them.
        """
        if login in self.held:
            self.released.add(login)
        return login in self.held

    def take_back(self) -> bool:
        """Between two jobs, what was released goes back; True if there is something to do."""
        if self.released:
            back = [job for login in self.released for job in self.held.pop(login, ())]
            self.released.clear()
            self.add(sorted(back, key=_place))
        return bool(self.jobs)


def _place(job: Job) -> JobID:
    return job.id
