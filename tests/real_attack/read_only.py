"""A database that cannot be written: at the start, and while the bridge is at work."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridgekit.testing.servers import Process, ServerFailed, postgres
from bridgekit.testing.servers.postgres_server import Postgres
from tests.real_attack.databases import BACK, FAILED, refused, troubled
from tests.real_attack.flow import Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, stage

_ON = "ALTER {} SET default_transaction_read_only = on"
_OFF = "ALTER {} RESET default_transaction_read_only"


async def sqlite(folder: Path, size: int, seed: int) -> Report:
    """The file, then its folder: the bridge says so and ends, and nothing is begun. Then what is
    written to, while it is at work.
    """
    report, rng = Report("SQLite read-only"), random.Random(seed)
    place_of_it = folder / "data"
    place_of_it.mkdir()
    if not _can_be_closed(place_of_it):
        report.not_tried = "no file can be made unwritable for root here (chattr +i)"
        return report
    async with stage(folder, database="sqlite:///data/bridge.db") as place:
        flow = Flow(place, rng)
        async with judged(report, flow):
            for closed in (place_of_it / "bridge.db", place_of_it):
                await flow.talk(size)
                await flow.arrived()
                await place.stop()
                with unwritable(closed):
                    await _does_not_start(report, place, closed.name)
                await place.start()
            await flow.talk(size)
            if _can_be_closed_while_open(folder / "open"):
                await _closed_at_work(place, flow, place_of_it / "bridge.db-wal")
            else:
                report.note = "what is open stays writable here: not tried while at work"
    return report


async def _closed_at_work(place: Stage, flow: Flow, log: Path) -> None:
    """Both sides say something that cannot be stored, and will be."""
    with unwritable(log):
        for key in place.rooms:
            flow.bob_says(key)
            await flow.alice_says(key)
        await place.says(FAILED)
        await refused(place)
    await place.says(BACK)


async def postgresql(folder: Path, size: int, seed: int) -> Report:
    """As a server is that fails over, or whose disk is nearly full."""
    with postgres() as server:
        database = server.make()
        report = await troubled(
            "PostgreSQL read-only",
            folder,
            size,
            seed,
            lambda place: _turned_read_only(place, server),
            server.url(database),
        )
        database = server.make()
        async with stage(folder, database=server.url(database)) as place:
            await place.stop()
            server.sql("postgres", _ON.format(f"DATABASE {database}"))
            await _does_not_start(report, place, "database")
            server.sql("postgres", _OFF.format(f"DATABASE {database}"))
            await place.start()
    return report


async def _turned_read_only(place: Stage, server: Postgres) -> None:
    for statement in (_ON, _OFF):
        server.sql("postgres", statement.format("SYSTEM"))
        server.sql("postgres", "SELECT pg_reload_conf()")
        if statement is _ON:
            await place.says(FAILED)
            await refused(place)


async def _does_not_start(report: Report, place: Stage, what: str) -> None:
    said = await asyncio.to_thread(failure_of, place.bridge)
    report.require("database: " in said, f"{what} read-only, and the bridge said: {said}")
    report.require("Traceback" not in said, f"{what} read-only: {said}")


def failure_of(bridge: Process) -> str:
    """What it says when it does not start; else it is stopped again."""
    said = len(bridge.log.read_bytes()) if bridge.log.exists() else 0
    try:
        bridge.start()
    except ServerFailed:
        return bridge.log.read_bytes()[said:].decode(errors="replace")
    bridge.stop()
    return "nothing, and started"


def _can_be_closed(folder: Path) -> bool:
    try:
        with unwritable(folder):
            return not os.access(folder, os.W_OK) or not _writes(folder)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return False


def _can_be_closed_while_open(path: Path) -> bool:
    """Only root can, by `chattr +i`, and not on every file system."""
    with path.open("wb", buffering=0) as file, unwritable(path):
        try:
            file.write(b"written")
        except OSError:
            return True
    return False


def _writes(folder: Path) -> bool:
    try:
        (folder / "written").touch()
    except OSError:
        return False
    return True


@contextmanager
def unwritable(path: Path) -> Iterator[None]:
    """Also for root, which no mode of a file keeps out."""
    if os.geteuid() == 0:
        change, undo = ["chattr", "+i", path], ["chattr", "-i", path]
    else:
        mode = "0500" if path.is_dir() else "0400"
        change, undo = ["chmod", mode, path], ["chmod", "u+w", path]
    subprocess.run(change, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(undo, check=True)
