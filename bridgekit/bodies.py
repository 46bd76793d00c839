"""The bodies of jobs that wait: a bounded amount in memory, the rest read when its turn comes."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from bridgekit.ids import JobID
from bridgekit.models import Job
from bridgekit.store.jobs import Jobs

MEMORY = 64 << 20  # bytes: bodies are ASCII, see `codec.py`
LOAD = 64  # read at once for one lane


class Bodies:
    """Keeps count; the jobs themselves are in their lanes."""

    def __init__(self, jobs: Jobs, memory: int = MEMORY) -> None:
        self._jobs, self._memory = jobs, memory
        self.kept = 0

    def keep(self, job: Job) -> Job:
        """The job as it may wait: with its body, while there is room."""
        if job.body is None:
            return job
        if self.kept >= self._memory:
            return replace(job, body=None)
        self.kept += len(job.body)
        return job

    def drop(self, job: Job) -> Job:
        """The job without its body, which is read again if need be."""
        self.kept -= len(job.body or "")
        return replace(job, body=None)

    async def load(self, jobs: deque[Job]) -> set[JobID]:
        """Give the head its body, and those behind it if there is room.

        Jobs that are not stored any more are taken out, and named: an operator dropped them. What
        joins `jobs` meanwhile comes behind those that are read.
        """
        if not jobs or jobs[0].body is not None:
            return set()
        most = LOAD if self.kept < self._memory else 1
        head = [jobs.popleft() for _ in range(min(most, len(jobs)))]
        absent = [job.id for job in head if job.body is None]
        try:
            found = await self._jobs.bodies(absent)
        except BaseException:
            jobs.extendleft(reversed(head))
            raise
        gone = set(absent) - found.keys()
        loaded = [job if job.body else replace(job, body=found.get(job.id)) for job in head]
        self.kept += sum(map(len, found.values()))
        jobs.extendleft(job for job in reversed(loaded) if job.id not in gone)
        return gone
