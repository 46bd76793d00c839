"""The bodies of jobs that wait: a bounded amount in memory, the rest read when its turn comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from bridgekit.ids import JobID
from bridgekit.models import Job
from bridgekit.store.jobs import Jobs

LOAD = 64  # read at once for one lane
LARGE = 64 << 10  # what each counts for while it is being read: no event of Matrix is larger


class Bodies:
    """Keeps count; the jobs themselves are in their lanes.

    `memory` is in bytes: bodies are ASCII, see `codec.py`. Beyond it a lane has that of its head,
    which it needs.
    """

    def __init__(self, jobs: Jobs, memory: int) -> None:
        self.jobs, self._memory = jobs, memory
        self.kept = self._coming = 0

    def keep(self, job: Job) -> Job:
        """The job as it may wait: with its body, while there is room."""
        if job.body is None:
            return job
        if self._room <= 0:
            return replace(job, body=None)
        self.kept += len(job.body)
        return job

    def drop(self, job: Job) -> Job:
        """The job without its body, which is read again if need be."""
        self.forget(job)
        return replace(job, body=None)

    def forget(self, job: Job) -> None:
        """The job is over."""
        self.kept -= len(job.body or "")

    async def whole(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """These with their bodies, but for those that are not stored any more."""
        absent = [one.id for one in jobs if one.body is None]
        bodies = await self.jobs.bodies(absent) if absent else {}
        found = [replace(one, body=one.body or bodies.get(one.id)) for one in jobs]
        return [one for one in found if one.body is not None]

    async def load(self, jobs: deque[Job]) -> set[JobID]:
        """Give the head its body, and those behind it if there is room, each where it then is.

        Jobs that are not stored any more are taken out, and named: an operator dropped them. What
        joins `jobs` meanwhile, wherever, may be without its body still.
        """
        most = min(max(1, self._room // LARGE), LOAD)
        absent = {job.id for job in islice(jobs, most) if job.body is None}
        coming = LARGE * len(absent)
        self._coming += coming  # other lanes load meanwhile: each sees what is left
        try:
            found = await self.jobs.bodies(sorted(absent))
        finally:
            self._coming -= coming
        self._fill(jobs, found, set(absent))
        gone = absent - found.keys()
        for job in [job for job in jobs if job.id in gone] if gone else ():
            jobs.remove(job)
        return gone

    @property
    def _room(self) -> int:
        return self._memory - self.kept - self._coming

    def _fill(self, jobs: deque[Job], found: Mapping[JobID, str], absent: set[JobID]) -> None:
        """From the front, as far as they can be: a lane may be long."""
        for place in range(len(jobs)):
            if not absent:
                return
            job = jobs[place]
            absent.discard(job.id)
            if job.body is None and job.id in found and (place == 0 or self._room > 0):
                jobs[place] = replace(job, body=found[job.id])
                self.kept += len(found[job.id])
