"""Starting: how long until the first message is through, and what memory it takes.

Measured on databases as bridges in use leave them: with portals and ghosts, and with open jobs.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.child import Child, child
from benchmarks.figures import Figures, compared, correctness
from benchmarks.subjects import BARE, BRIDGE, homeserver

WINDOW = 100
JOB_CHATS = 50


async def with_portals(folder: Path, portals: int) -> dict[str, Any]:
    """`portals` chats with a ghost in each; then one message from every one of them."""
    bare = await _speaking(folder / BARE, 1, "benchmarks.bare", {"durable": False})
    bridge = await _speaking(folder / BRIDGE, portals, "benchmarks.bridged", {"linked": 0})
    return compared({BARE: bare, BRIDGE: bridge})


async def with_jobs(folder: Path, jobs: int) -> dict[str, Any]:
    """`jobs` open jobs in 50 lanes, as after a crash: until the first, and the last, is sent."""
    async with _seeded(folder, JOB_CHATS, jobs) as (stub, url), _process(folder) as process:
        await process.ask("start", url=url, folder=str(folder), chats=0, linked=0)
        arrived = await stub.ask("arrived", count=jobs)
        used = await process.ask("usage")
    at = [when for _, when in arrived["at"]] or [time.monotonic()]
    figures = {
        "first_message_s": round(min(at) - process.began, 2),
        "all_messages_s": round(max(at) - process.began, 2),
        "peak_rss_mib": round(used["peak_rss_mib"], 1),
    }
    return {BRIDGE: figures | correctness(jobs, arrived)}


async def _speaking(folder: Path, portals: int, module: str, options: dict[str, Any]) -> Figures:
    async with _seeded(folder, portals, 0) as (stub, url), _process(folder, module) as process:
        await process.ask("start", url=url, folder=str(folder), chats=1, **options)
        arrived = await _flood(stub, process, 0, 1, portals)
        first = max((at for _, at in arrived["at"]), default=time.monotonic())
        started = await process.ask("usage")
        arrived = await _flood(stub, process, portals, portals, portals)
        touched = await process.ask("usage")
    figures = {
        "first_message_s": round(first - process.began, 2),
        "cpu_s": round(started["cpu_s"], 2),
        "rss_mib": round(started["rss_mib"], 1),
        "rss_all_used_mib": round(touched["rss_mib"], 1),
    }
    return figures | correctness(portals, arrived)


async def _flood(
    stub: Child, process: Child, first: int, count: int, portals: int
) -> dict[str, Any]:
    """Message n is said in chat n by person n, who is in it already."""
    await stub.ask("reset")
    amounts = {"first": first, "count": count, "chats": portals, "people": portals}
    await process.ask("flood", **amounts, window=WINDOW)
    arrived: dict[str, Any] = await stub.ask("arrived", count=count)
    return arrived


@asynccontextmanager
async def _seeded(folder: Path, portals: int, jobs: int) -> AsyncIterator[tuple[Child, str]]:
    """A homeserver and, in `folder`, the database of a bridge of so many portals and jobs."""
    folder.mkdir(parents=True)  # noqa: ASYNC240 (nothing else runs here meanwhile)
    async with child("benchmarks.seeding", folder / "seeding.log") as seeding:
        await seeding.ask("seed", folder=str(folder), portals=portals, people=portals, jobs=jobs)
    async with homeserver(folder) as stub:
        yield stub


@asynccontextmanager
async def _process(folder: Path, module: str = "benchmarks.bridged") -> AsyncIterator[Child]:
    async with child(module, folder / "process.log") as process:
        yield process
