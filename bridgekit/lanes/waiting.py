"""Which jobs wait in lanes, and how many of them each network brought, and the homeserver."""

from __future__ import annotations

from collections import Counter

from bridgekit.ids import JobID, NetworkName

Origin = NetworkName | None  # None: the homeserver, which brings all in one stream


class Waiting:
    """Every job that is in a lane, or whose end is not stored."""

    def __init__(self) -> None:
        self._jobs: set[JobID] = set()
        self._brought: Counter[Origin] = Counter()

    def __contains__(self, job: object) -> bool:
        return job in self._jobs

    def __len__(self) -> int:
        return len(self._jobs)

    def brought_by(self, origin: Origin) -> int:
        """How many of them."""
        return self._brought[origin]

    def add(self, job: JobID, origin: Origin) -> None:
        """One that is not there yet."""
        self._jobs.add(job)
        self._brought[origin] += 1

    def discard(self, job: JobID, origin: Origin) -> None:
        if job in self._jobs:
            self._jobs.remove(job)
            self._brought[origin] -= 1
