"""A database that is restarted, full, or locked by somebody else."""

from __future__ import annotations

import asyncio
import random
import resource
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from bridgekit.store.reserve import SIZE
from bridgekit.testing.servers import postgres
from bridgekit.testing.servers.postgres_server import Postgres
from tests.real_attack.disks import Filler, small_disk
from tests.real_attack.flow import BURST, Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import IN_FOLDER, Stage, stage
from tests.real_attack.wire_adapter import Memory

MANY = resource.RLIM_INFINITY
FAILED, BACK = "store failed", "store is back"
RESERVE = "bridge.db.reserve"

Trouble = Callable[[Stage], Awaitable[None]]


async def postgresql_restarts(
    folder: Path, size: int, seed: int, memory: Memory = "idempotent"
) -> Report:
    """Killed, and stopped in order, in the middle of the flow."""
    report, rng = Report(_named("PostgreSQL restarted", memory)), random.Random(seed)
    with postgres() as server:
        async with stage(folder, database=server.url(server.make()), memory=memory) as place:
            flow = Flow(place, rng)
            moments = sorted(rng.sample(range(50, 2 * size - 50), 2 * size // 800 + 1))
            async with judged(report, flow), asyncio.TaskGroup() as group:
                group.create_task(flow.talk(size))
                group.create_task(_restarting(place, flow, server, rng, moments))
            report.note = f"{len(moments)} restarts, seed {seed}"
    return report


def _named(name: str, memory: Memory) -> str:
    """Where the network recognises nothing, marks have to be written, and some of them fail.

    As the bridge lives on, it knows what it has sent: nothing is in doubt, there neither.
    """
    return name if memory == "idempotent" else f"{name}, memory: {memory}"


async def _restarting(
    place: Stage, flow: Flow, server: Postgres, rng: random.Random, moments: list[int]
) -> None:
    for moment in moments:
        await flow.until_arrived(moment)
        end = rng.choice((server.kill, server.stop))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(place.starter, end)
        await asyncio.sleep(rng.random())
        await loop.run_in_executor(place.starter, server.start)


async def full_disk(folder: Path, size: int, seed: int, memory: Memory = "idempotent") -> Report:
    """Not a byte is left; then there is room again. Where none can be mounted, less is tried."""
    disk = folder / "disk"
    with small_disk(disk) as mounted:
        if not mounted:
            name, forbid = "SQLite's files may not grow", partial(_forbid_growth, folder)
            report = await troubled(name, folder, size, seed, forbid, memory=memory)
            report.not_tried = "no disk could be mounted to be filled: the reserve was not tried"
            return report
        fill = partial(_fill, disk)
        name, url = "SQLite on a full disk", "sqlite:///disk/bridge.db"
        report = await troubled(name, folder, size, seed, fill, url, memory)
        there = (disk / RESERVE).stat().st_size == SIZE
        report.require(there, "the reserve was not filled again when there was room")
        report.note += "; the reserve was given up and filled again"
        return report


async def _fill(disk: Path, place: Stage) -> None:
    filler = Filler(disk)
    filler.fill()
    await place.says(FAILED)
    # Of what the reserve gave up, so that what was sent can be noted, and it not be filled again.
    await filler.take_piece()
    await refused(place)
    assert "disk is full" in place.log(), "SQLite did not find the disk full"
    assert BACK not in place.log().rpartition(FAILED)[2], "it is back, and the disk is full"
    reserve = disk / RESERVE  # that it can be filled again is tried every second
    assert not reserve.exists() or reserve.stat().st_size < SIZE, "the reserve was not given up"
    filler.empty()


async def _forbid_growth(folder: Path, place: Stage) -> None:
    """SQLite says `disk I/O error` to this (EFBIG), not that the disk is full."""
    pid = place.bridge.pid
    assert pid is not None
    files = folder.glob("bridge.db*")  # noqa: ASYNC240 (a handful of files, in a test)
    largest = max(path.stat().st_size for path in files if path.name != RESERVE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest // 2, MANY))
    await place.says(FAILED)
    await refused(place)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (MANY, MANY))


async def refused(place: Stage) -> None:
    """What comes while the store fails is not acknowledged."""
    answered = await place.push()
    assert answered >= 500, f"a transaction was answered {answered} while nothing was stored"


async def locked(folder: Path, size: int, seed: int, memory: Memory = "idempotent") -> Report:
    """Another process writes to the file and takes its time."""

    async def lock(place: Stage) -> None:
        other = sqlite3.connect(folder / "bridge.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            await place.says(FAILED)
            await refused(place)
        finally:
            other.close()

    name = "SQLite locked by another process"
    return await troubled(name, folder, size, seed, lock, memory=memory)


async def troubled(
    name: str,
    folder: Path,
    size: int,
    seed: int,
    trouble: Trouble,
    url: str = IN_FOLDER,
    memory: Memory = "idempotent",
) -> Report:
    """Both sides talk before the trouble, in it and after it, which ends by itself."""
    report, rng = Report(_named(name, memory)), random.Random(seed)
    async with stage(folder, database=url, memory=memory) as place:
        flow = Flow(place, rng)
        over = asyncio.Event()
        async with judged(report, flow), asyncio.TaskGroup() as group:
            group.create_task(_talk_until(over, flow, size))
            await flow.until_arrived(size // 2)
            await trouble(place)
            await place.says(BACK)
            over.set()
        failures, returns = place.log().count(FAILED), place.log().count(BACK)
        report.note = f"the store failed {failures} times and came back {returns} times"
        report.require(failures == returns, "the store did not come back each time")
    return report


async def _talk_until(over: asyncio.Event, flow: Flow, size: int) -> None:
    """At least `size` messages each way: who writes nothing notices no trouble."""
    await flow.talk(size)
    while not over.is_set():
        await flow.talk(BURST)
