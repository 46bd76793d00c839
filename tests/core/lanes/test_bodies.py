"""Bodies that are read when their turn comes: whatever happens meanwhile, the order stays."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from bridgekit.ids import JobID, LoginID, PortalID
from bridgekit.lanes import bodies as bodies_module
from bridgekit.lanes.bodies import LARGE, LOAD, Bodies
from bridgekit.lanes.parking import Hold
from bridgekit.models import Job, lane_to_matrix

ANN = LoginID("net:ann")


@pytest.fixture
async def one_by_one(bench, draft, monkeypatch):
    """A process that took in jobs and died; the next reads the body of each on its own."""

    async def begin(*keys: str, meanwhile: Callable[[Sequence[JobID]], set[JobID]]) -> None:
        monkeypatch.setattr(bodies_module, "LOAD", 1)
        await bench.open()
        await bench.put(*map(draft, keys))
        await bench.kill()
        await bench.open()
        read = bench.jobs.bodies

        async def slowly(ids: Sequence[JobID]) -> dict[JobID, str]:
            found = await read(ids)
            gone = meanwhile(ids)
            return {job: body for job, body in found.items() if job not in gone}

        monkeypatch.setattr(bench.jobs, "bodies", slowly)
        bench.run()

    return begin


async def test_a_login_that_comes_while_bodies_are_read_keeps_its_order(bench, one_by_one) -> None:
    def meanwhile(_: object) -> set[JobID]:
        if bench.worker.begun == ["a1", "b"]:
            bench.queue.aside.release(ANN)
        return set()

    bench.worker.steps["a1"].append(Hold(ANN))
    await one_by_one("a1", "b", "a2", meanwhile=meanwhile)
    await bench.ended(3)
    assert bench.worker.begun == ["a1", "b", "a1", "a2"]


async def test_what_comes_back_when_the_head_was_dropped_has_its_body(bench, one_by_one) -> None:
    """An operator dropped `b` while its body was read, and `a` came back meanwhile."""

    def meanwhile(_: object) -> set[JobID]:
        if bench.worker.begun != ["a"]:
            return set()
        bench.queue.aside.release(ANN)
        return {JobID(2)}

    bench.worker.steps["a"].append(Hold(ANN))
    await one_by_one("a", "b", "c", meanwhile=meanwhile)
    await bench.ended(2)
    assert bench.worker.begun == ["a", "a", "c"]
    assert bench.worker.buried == []
    assert bench.queue._bodies.kept == 0


async def test_what_joins_while_bodies_are_read_has_its_place(bench, one_by_one) -> None:
    """One that was revived beside us is older than what waits."""
    joined: list[Job] = []

    def meanwhile(ids: Sequence[JobID]) -> set[JobID]:
        if list(ids) == [2] and not joined:
            joined.append(replace(bench.worker.journeys["a"].job, id=JobID(0), body=None))
            bench.queue.adopt(joined)
        return set()

    await one_by_one("a", "b", "c", meanwhile=meanwhile)
    await bench.ended(3)
    assert joined
    assert bench.worker.begun == ["a", "b", "c"], "what is not stored is not begun"
    await bench.queue.idle(lane_to_matrix(PortalID(1)))


async def test_order_is_that_of_the_jobs_whoever_joins_last(bench, draft) -> None:
    await bench.open()
    await bench.put(*(draft(key, 1) for key in "abcd"))
    await bench.kill()
    await bench.open()
    jobs = await bench.jobs.open()
    bench.queue.adopt([jobs[2], jobs[3]])
    bench.queue.adopt([jobs[1], jobs[0]])
    bench.run()
    await bench.ended(4)
    assert bench.worker.begun == ["a", "b", "c", "d"]


def backlog(lane: int) -> deque[Job]:
    """As a start finds it: many more than are read at once."""
    key, first = lane_to_matrix(PortalID(lane)), lane * 10 * LOAD
    return deque(
        Job(JobID(first + number), key, str(number), "m", "s", 0, body=None)
        for number in range(2 * LOAD)
    )


@pytest.mark.parametrize("size", [100, 10 * LARGE])
async def test_a_thousand_lanes_that_load_at_once_keep_to_the_bound(size) -> None:
    reading, most, text = 0, 0, "x" * size

    async def read(ids: Sequence[JobID]) -> dict[JobID, str]:
        nonlocal reading, most
        reading += len(ids)
        most = max(most, reading)
        await asyncio.sleep(0)
        reading -= len(ids)
        return dict.fromkeys(ids, text)

    memory = 100 * LARGE
    bodies = Bodies(SimpleNamespace(bodies=read), memory)
    lanes = [backlog(lane) for lane in range(1000)]
    await asyncio.gather(*(bodies.load(lane) for lane in lanes))
    assert all(lane[0].body for lane in lanes), "each goes on"
    assert sum(len(job.body or "") for lane in lanes for job in lane) == bodies.kept
    heads = 1000 * size
    assert bodies.kept <= memory + heads
    assert most <= memory // LARGE + 1000, "nor is more read at once"


async def test_what_is_being_read_counts_for_what_comes_in() -> None:
    go = asyncio.Event()

    async def read(ids: Sequence[JobID]) -> dict[JobID, str]:
        await go.wait()
        return dict.fromkeys(ids, "x")

    bodies = Bodies(SimpleNamespace(bodies=read), 2 * LARGE)
    lane = backlog(1)
    loading = asyncio.create_task(bodies.load(lane))
    await asyncio.sleep(0)
    assert bodies.keep(replace(lane[0], body="x")).body is None
    go.set()
    await loading
    assert [job.body for job in lane][:3] == ["x", "x", None]
    assert bodies.keep(replace(lane[2], body="x")).body == "x"
