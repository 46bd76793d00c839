"""A database that is restarted, full, locked by somebody else, or used by two bridges."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bridgekit.testing.servers import Process, ServerFailed, free_port, postgres
from bridgekit.testing.servers.postgres_server import Postgres
from tests.real_attack.flow import BURST, Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, bridge_process, stage

MANY = resource.RLIM_INFINITY
LOCKED = 7.0  # seconds: longer than the bridge waits for a lock
FAILED, BACK = "store failed", "store is back"

Trouble = Callable[[Stage], Awaitable[None]]


async def postgresql_restarts(folder: Path, size: int, seed: int) -> Report:
    """Killed, and stopped in order, in the middle of the flow."""
    report, rng = Report("PostgreSQL restarted"), random.Random(seed)
    with postgres() as server:
        async with stage(folder, database=server.url(server.make())) as place:
            flow = Flow(place, rng)
            moments = sorted(rng.sample(range(50, 2 * size - 50), 2 * size // 800 + 1))
            async with judged(report, flow), asyncio.TaskGroup() as group:
                group.create_task(flow.talk(size))
                group.create_task(_restarting(place, flow, server, rng, moments))
            report.note = f"{len(moments)} restarts, seed {seed}"
    return report


async def _restarting(
    place: Stage, flow: Flow, server: Postgres, rng: random.Random, moments: list[int]
) -> None:
    for moment in moments:
        await flow.until_arrived(moment)
        end = rng.choice((server.kill, server.stop))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(place.starter, end)
        await loop.run_in_executor(place.starter, server.start)


async def full_disk(folder: Path, size: int, seed: int) -> Report:
    """No file may grow any more; then there is room again."""

    async def fill(place: Stage) -> None:
        pid = place.bridge.pid
        assert pid is not None
        files = folder.glob("bridge.db*")  # noqa: ASYNC240 (a handful of files, in a test)
        largest = max(path.stat().st_size for path in files)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest // 2, MANY))
        await _says(place, FAILED)
        answered = await place.hs.push_transaction("while-full", _event(place))
        assert answered is not None
        assert answered >= 500, f"a transaction was answered {answered} while nothing was stored"
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (MANY, MANY))

    return await _troubled("SQLite on a full disk", folder, size, seed, fill)


async def locked(folder: Path, size: int, seed: int) -> Report:
    """Another process writes to the file and takes its time."""

    async def lock(place: Stage) -> None:
        other = sqlite3.connect(folder / "bridge.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            await _says(place, FAILED)
        finally:
            other.close()

    return await _troubled("SQLite locked by another process", folder, size, seed, lock)


async def _troubled(name: str, folder: Path, size: int, seed: int, trouble: Trouble) -> Report:
    report, rng = Report(name), random.Random(seed)
    async with stage(folder) as place:
        flow = Flow(place, rng)
        over = asyncio.Event()
        async with judged(report, flow), asyncio.TaskGroup() as group:
            group.create_task(_talk_until(over, flow, size))
            await flow.until_arrived(size // 2)
            await trouble(place)
            await _says(place, BACK)
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


async def _says(place: Stage, words: str) -> None:
    """The bridge's log has nobody to tell when it grows."""
    async with asyncio.timeout(60):
        while words not in place.log():  # noqa: ASYNC110 (it is a file)
            await asyncio.sleep(0.02)


def _event(place: Stage) -> dict[str, object]:
    """A transaction of one message in a room that is bridged."""
    content = {"msgtype": "m.text", "body": "into a store that is full"}
    room = next(iter(place.rooms.values()))
    event = {"type": "m.room.message", "event_id": "$full", "room_id": room, "content": content}
    return {"events": [{**event, "sender": "@nobody:elsewhere", "origin_server_ts": 1}]}


async def two_bridges(folder: Path, size: int, seed: int) -> Report:
    """A second one on the same database is refused with a sentence; the first goes on."""
    report, rng = Report("two bridges on one database"), random.Random(seed)
    async with stage(folder) as place:
        flow = Flow(place, rng)
        async with judged(report, flow), asyncio.TaskGroup() as group:
            group.create_task(flow.talk(size))
            await flow.until_arrived(size // 2)
            said = await asyncio.to_thread(_start_second, folder, place)
        report.require("is in use by another bridgekit" in said, f"the second one said: {said}")
    return report


def _start_second(folder: Path, place: Stage) -> str:
    """What the second one says when it ends."""
    port, other = free_port(), folder / "second.yaml"
    first = place.config.read_text(encoding="utf-8")
    old = first.partition('listen: "')[2].partition('"')[0]
    other.write_text(first.replace(old, f"127.0.0.1:{port}"), encoding="utf-8")
    return _failure_of(bridge_process(folder, other, port, "second"))


async def read_only(folder: Path, size: int, seed: int) -> Report:
    """A file that cannot be written is said at the start, and nothing is begun."""
    report, rng = Report("SQLite read-only"), random.Random(seed)
    async with stage(folder) as place:
        flow = Flow(place, rng)
        async with judged(report, flow):
            await flow.talk(size)
            await flow.arrived()
            await place.stop()
            with _unwritable(folder / "bridge.db"):
                said = await asyncio.to_thread(_failure_of, place.bridge)
            report.require("database: " in said, f"the bridge said: {said}")
            await place.start()
            await flow.talk(size)
    return report


@contextmanager
def _unwritable(path: Path) -> Iterator[None]:
    """Also for root, which no mode of a file keeps out."""
    if os.geteuid() == 0:
        subprocess.run(["chattr", "+i", path], check=True)
        undo = ["chattr", "-i", path]
    else:
        path.chmod(0o400)
        undo = ["chmod", "0600", path]
    try:
        yield
    finally:
        subprocess.run(undo, check=True)


def _failure_of(bridge: Process) -> str:
    """Why it does not start."""
    try:
        bridge.start()
    except ServerFailed as failed:
        return str(failed)
    bridge.stop()
    return "it started"
