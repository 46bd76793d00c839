"""An entrant's process: started, measured, killed and started again; and the world around it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import usage
from benchmarks.child import ROOT, Child, child
from benchmarks.entrants.setting import Entrant, Setting
from bridgekit.testing.servers import free_port

LEAVING = 20.0


class Running:
    """The process; `began` is when it was started last."""

    def __init__(self, command: tuple[str, ...], log: Path) -> None:
        self._command, self._log = command, log
        self._process: asyncio.subprocess.Process | None = None
        self.began = 0.0
        self._spent = 0.0  # CPU seconds of those that were killed

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self.began = time.monotonic()
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    async def kill(self) -> None:
        """As `kill -9` does."""
        self._spent = self.cpu()
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    def tell(self, which: signal.Signals) -> None:
        os.kill(self._alive(), which)

    def cpu(self) -> float:
        """CPU seconds of all its threads until now, those of killed ones included."""
        return self._spent + usage.cpu_s(self._alive())

    def rss_mib(self) -> float:
        return usage.rss_mib(self._alive())

    def _alive(self) -> int:
        """Its process ID."""
        assert self._process is not None  # noqa: S101 (it was started)
        if self._process.returncode is not None:
            raise RuntimeError(f"{self._command} ended by itself:\n{self.said()}")
        return self._process.pid

    def said(self) -> str:
        return self._log.read_text("utf-8", "replace")[-3000:]

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        try:
            await asyncio.wait_for(process.wait(), LEAVING)
        except TimeoutError:
            process.kill()
            await process.wait()


@dataclass(frozen=True, slots=True)
class World:
    """An entrant between the fake ends. It is not started yet."""

    ends: Child
    entrant: Running
    setting: Setting


@asynccontextmanager
async def world(
    entrant: Entrant,
    folder: Path,
    channels: int,
    crowd: int,
    *,
    ghosts: int = 0,
    limits: bool = False,
    encrypted: bool = False,
) -> AsyncIterator[World]:
    """Both ends at work, and the entrant prepared; all end with the block."""
    folder.mkdir(parents=True)  # noqa: ASYNC240 (nothing else runs here meanwhile)
    async with child("benchmarks.ends.process", folder / "ends.log") as ends:
        ports = await ends.ask("listen")
        url = f"http://127.0.0.1:{ports['homeserver']}"
        where = (folder, url, ports["irc"], free_port(), channels, crowd, ghosts)
        setting = Setting(*where, limits=limits, encrypted=encrypted)
        start = await entrant.prepare(setting)
        await ends.ask("keep", answers=start.kept)
        await ends.ask("pushes_to", url=setting.url, crowd=crowd)
        running = Running(start.command, folder / "entrant.log")
        try:
            yield World(ends, running, setting)
        finally:
            await running.stop()
