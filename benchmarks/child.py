"""The processes of a benchmark: each takes orders and answers them, one line of JSON each.

Every side has a process of its own, so that its CPU and memory can be told from the others'.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.usage import rss_mib

ROOT = Path(__file__).parents[1]
LONGEST = 64 << 20  # bytes of an answer
LEAVING = 30.0

Commands = Mapping[str, Callable[..., Awaitable[Any]]]


class Child:
    """A process that was started."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process, self._log = process, log

    async def ask(self, command: str, **values: Any) -> Any:
        """Have it do something; what it answers."""
        assert self._process.stdin is not None  # noqa: S101 (both are pipes)
        assert self._process.stdout is not None  # noqa: S101 (both are pipes)
        self._process.stdin.write(json.dumps({"do": command, **values}).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            said = self._log.read_text("utf-8", "replace")[-2000:]
            raise RuntimeError(f"a process of the benchmark ended at {command!r}:\n{said}")
        return json.loads(line)


@asynccontextmanager
async def child(module: str, log: Path) -> AsyncIterator[Child]:
    """`python -m module`, which calls `serve`; what it logs goes to the file `log`."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", module),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            limit=LONGEST,
        )
    try:
        yield Child(process, log)
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()  # the end of its orders
    try:
        await asyncio.wait_for(process.wait(), LEAVING)
    except TimeoutError:
        process.kill()
        await process.wait()


async def serve(commands: Commands) -> None:
    """Do what the lines on standard input say, in order, until they end."""
    orders = asyncio.StreamReader(limit=LONGEST)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    everything = {"usage": usage, **commands}
    while line := await orders.readline():
        order = json.loads(line)
        answer = await everything[order.pop("do")](**order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


async def usage() -> dict[str, float]:
    """The memory of this process: resident MiB now and at most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rss_mib": rss_mib(os.getpid()), "peak_rss_mib": peak}
