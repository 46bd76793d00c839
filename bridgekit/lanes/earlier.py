"""What other processes left open: an earlier one, and which jobs its end fell upon; or one that
works on the store beside us.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Container, Sequence
from dataclasses import replace
from functools import partial

from bridgekit.clock import Clock
from bridgekit.ids import JobID
from bridgekit.lanes.parking import CROWD
from bridgekit.lanes.waiting import Origin
from bridgekit.models import Direction, Job, Lane
from bridgekit.patience import once_stored
from bridgekit.store.jobs import Jobs, charge
from bridgekit.store.writer import Writer

Left = Sequence[tuple[Origin, Sequence[Job]]]  # lane by lane
PIPELINE = 16  # ends of jobs that may wait for their commit while their lane goes on (rule 17)
SLICE = 500  # jobs that are taken up before others have a turn


class Unread:
    """The rooms' own lanes in which an earlier process left something, until all lanes are read:
    what comes before that is sorted by them.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs, self.over = jobs, asyncio.Event()
        self._lanes: set[Lane] = set()

    def __contains__(self, lane: object) -> bool:
        return lane in self._lanes

    async def recall(self) -> None:
        self._lanes |= await self._jobs.in_rooms()

    def add(self, lane: Lane) -> None:
        """Something is stored for it, and nothing works on any lane yet."""
        self._lanes.add(lane)

    def read(self) -> None:
        """All lanes are."""
        self._lanes.clear()
        self.over.set()


async def left_open(
    jobs: Jobs, writer: Writer, known: Container[JobID], clock: Clock, stopping: asyncio.Event
) -> Left | None:
    """The open jobs, but for those that are `known`, which came in since.

    None: the bridge was told to stop while the store was down.
    """
    return await once_stored(partial(_left_open, jobs, writer, known), clock, stopping)


async def _left_open(jobs: Jobs, writer: Writer, known: Container[JobID]) -> Left:
    """What was marked as being sent is charged a death if the last stop was none in order. After
    one in order only what was begun before may have been sent.
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


async def opened_beside(
    jobs: Jobs, known: Container[JobID]
) -> AsyncIterator[Sequence[tuple[Origin, Sequence[Job]]]]:
    """The open jobs that are not `known`, which may have been done: chat by chat, lane by lane.

    A lane whole, as its order depends on that; those of a chat together, as each looks at what
    waits in the other. They may be very many: now and then others have a turn.
    """
    found = await jobs.open()
    origins = await jobs.networks(job.lane for job in found)
    chats: defaultdict[str, defaultdict[Lane, list[Job]]] = defaultdict(lambda: defaultdict(list))
    for number, job in enumerate([job for job in found if job.id not in known], start=1):
        chats[job.lane.owner][job.lane].append(replace(job, doubtful=True))
        if number % SLICE == 0:
            await asyncio.sleep(0)
    taken = 0
    for lanes in chats.values():
        yield [(origins.get(lane), new) for lane, new in lanes.items()]
        taken += sum(map(len, lanes.values()))
        if taken >= SLICE:
            taken = 0
            await asyncio.sleep(0)


def _doubting(job: Job, begun: bool) -> Job:  # noqa: FBT001 (mapped over both)
    return replace(job, doubtful=begun)
