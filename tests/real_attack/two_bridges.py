"""Two bridges are started on one database: one of them works, never both."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridgekit.cli.exits import Exit
from bridgekit.testing.servers import Process, ServerFailed, free_port, postgres
from bridgekit.testing.servers.postgres_server import Postgres
from tests.real_attack.flow import BURST, Flow, judged
from tests.real_attack.read_only import failure_of
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, bridge_process, stage

IN_USE, TAKEN_OVER = "is in use by another bridgekit", "another bridgekit has used"
# As a firewall does that forgets a connection: the frozen bridge does not notice.
_CUT_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'bridgekit'"
)


async def on_sqlite(folder: Path, size: int, seed: int) -> Report:
    """While the first runs, while it is frozen, and both at the same moment."""
    report, rng = Report("two bridges on one SQLite file"), random.Random(seed)
    async with stage(folder) as place:
        flow = Flow(place, rng)
        async with judged(report, flow), asyncio.TaskGroup() as group:
            group.create_task(flow.talk(size))
            await _refused_and_together(report, flow, rng, size)
    return report


async def on_postgresql(folder: Path, size: int, seed: int) -> Report:
    """As with SQLite; and one that was cut off while it was frozen finds another in its place.

    The network knows no send again, so that nothing but the fence keeps the two apart.
    """
    report, rng = Report("two bridges on one PostgreSQL"), random.Random(seed)
    with postgres() as server:
        database = server.make()
        async with stage(folder, database=server.url(database), memory="none") as place:
            place.wire.exclusive = False
            flow = Flow(place, rng)
            async with judged(report, flow), asyncio.TaskGroup() as group:
                group.create_task(flow.talk(size))
                await _refused_and_together(report, flow, rng, size)
                await _taken_over(report, flow, server, database)
            report.bound_doubt(2, len(place.rooms))  # one was killed, one was cut off
    return report


async def _refused_and_together(report: Report, flow: Flow, rng: random.Random, size: int) -> None:
    place, second = flow.place, _second(flow.place)
    await flow.until_arrived(rng.randrange(size // 2))
    await _is_refused(report, second, "while the first ran")
    await flow.until_arrived(size // 2 + rng.randrange(size // 4))
    with _frozen(place.bridge):
        await _is_refused(report, second, "while the first was frozen")
    await flow.until_arrived(size + rng.randrange(size // 4))
    await place.kill()
    said = await asyncio.gather(*(asyncio.to_thread(_start, one) for one in (place.bridge, second)))
    report.require("" in said and any(IN_USE in one for one in said), f"started together: {said}")
    if second.pid is not None:
        await asyncio.to_thread(second.stop)
        await place.start()


async def _taken_over(report: Report, flow: Flow, server: Postgres, database: str) -> None:
    """Each does something while it believes to be the only one."""
    place, second = flow.place, _second(flow.place)
    first, key = place.bridge, next(iter(place.rooms))
    await flow.alice_says(key)
    await place.until(lambda: flow.by_alice[key][-1] in place.wire.texts)  # it is at work
    with _frozen(first):
        server.sql(database, _CUT_OFF)
        await asyncio.to_thread(second.start)
        shown = len(place.shown[place.rooms[key]])
        flow.bob_says(key, BURST)
        await place.until(lambda: len(place.shown[place.rooms[key]]) >= shown + BURST)
    assert first._running is not None
    code = await asyncio.to_thread(first._running.wait, 60)
    report.require(code == Exit.DATABASE, f"the one whose place was taken ended with {code}")
    report.require(TAKEN_OVER in place.log(), "the one whose place was taken did not say so")
    await asyncio.to_thread(second.stop)
    await place.start()


async def _is_refused(report: Report, second: Process, when: str) -> None:
    said = await asyncio.to_thread(failure_of, second)
    report.require(IN_USE in said, f"{when} the second one said: {said}")
    report.require("Traceback" not in said, f"{when}: {said}")


def _second(place: Stage) -> Process:
    """The same bridge, that listens elsewhere."""
    port, folder = free_port(), place.config.parent
    other = folder / "second.yaml"
    first = place.config.read_text(encoding="utf-8")
    old = first.partition('listen: "')[2].partition('"')[0]
    other.write_text(first.replace(f'listen: "{old}"', f'listen: "127.0.0.1:{port}"'), "utf-8")
    return bridge_process(folder, other, port, "second")


def _start(bridge: Process) -> str:
    """Nothing, or why it did not start."""
    try:
        bridge.start()
    except ServerFailed as failed:
        return str(failed)
    return ""


@contextmanager
def _frozen(bridge: Process) -> Iterator[None]:
    """As a machine that is suspended."""
    assert bridge.pid is not None
    os.kill(bridge.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(bridge.pid, signal.SIGCONT)
