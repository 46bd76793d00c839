"""The unit that `init` writes, run as systemd would: its command, its socket, its watchdog."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridgekit.cli.init.service_files import unit
from bridgekit.cli.supervised import ALIVE, READY, STOPPING
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import registration

ROOT = Path(__file__).parents[3]
WATCHDOG = 400_000  # microseconds, where the unit says a minute


@asynccontextmanager
async def supervised(
    config: Path, site: Path, listener: socket.socket
) -> AsyncIterator[asyncio.subprocess.Process]:
    """What the unit starts, in the folder and with the mask that it says."""
    lines = unit(config, config.with_name("bridgekit.service"), "somebody").splitlines()
    said = dict(line.split("=", 1) for line in lines if "=" in line and line[0] not in "#[")
    assert said["Type"] == "notify"
    path = [str(site), str(ROOT)]
    process = await asyncio.create_subprocess_exec(
        *shlex.split(said["ExecStart"]),
        cwd=said["WorkingDirectory"],
        umask=int(said["UMask"], 8),
        stderr=asyncio.subprocess.DEVNULL,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path),
            "NOTIFY_SOCKET": str(listener.getsockname()),
            "WATCHDOG_USEC": str(WATCHDOG),
        },
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.sqlite
async def test_the_unit_runs_and_says_when_it_is_ready_alive_and_stopping(
    connected: Path, site: Path, homeserver: FakeHomeserver, tmp_path: Path
) -> None:
    homeserver.load_registration(registration(connected))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        heard: list[str] = []

        async def until(word: str) -> None:
            while word not in heard:
                heard.append((await loop.sock_recv(listener, 100)).decode())

        async with asyncio.timeout(50), supervised(connected, site, listener) as process:
            await until(READY)
            heard.clear()
            await until(ALIVE)
            process.send_signal(signal.SIGHUP)  # ExecReload
            heard.clear()
            await until(ALIVE)
            process.send_signal(signal.SIGTERM)
            await until(STOPPING)
            assert await process.wait() == 0
