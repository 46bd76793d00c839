"""What an earlier process left open: which jobs, and which of them its end fell upon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import replace

from bridgekit.ids import JobID
from bridgekit.lanes.parking import CROWD
from bridgekit.lanes.waiting import Origin
from bridgekit.models import Direction, Job, Lane
from bridgekit.store.jobs import Jobs, charge
from bridgekit.store.writer import Writer

PIPELINE = 16  # ends of jobs that may wait for their commit while their lane goes on (rule 17)


async def left_open(
    jobs: Jobs, writer: Writer, known: Container[JobID]
) -> Sequence[tuple[Origin, Sequence[Job]]]:
    """The open jobs lane by lane, but for those that are `known`, which came in since.

    What was marked as being sent is charged a death if the last stop was none in order. After one
    in order only what was begun before may have been sent.
    """
    marked, planned, in_order = await jobs.marked(), await jobs.planned(), await jobs.stopped()
    found = await jobs.open()
    origins = await jobs.networks(job.lane for job in found)
    charged = [replace(job, deaths=job.deaths + 1) for job in found if job.id in marked]
    if charged or in_order:
        await writer.write(charge(charged))
    deaths = {job.id: job for job in charged}
    left: defaultdict[Lane, list[Job]] = defaultdict(list)
    for job in found:
        if job.id not in known:
            left[job.lane].append(deaths.get(job.id, job))
    for old in left.values():
        if old[0].lane.direction is Direction.TO_NETWORK:
            # What stepped aside may be anywhere in the lane: each login's jobs go at their pace.
            begun = [not in_order or job.attempts > 0 or job.id in planned for job in old]
        else:
            # No more than these can have been on their way when the last process stopped: behind
            # what had stepped aside, those whose ends were not stored and the one at work.
            begun = [number <= CROWD + PIPELINE for number in range(len(old))]
        old[:] = map(_doubting, old, begun)
    return [(origins.get(lane), old) for lane, old in left.items()]


def _doubting(job: Job, begun: bool) -> Job:  # noqa: FBT001 (mapped over both)
    return replace(job, doubtful=begun)
