"""The unit that `init` writes, run as systemd would: its command, its socket, its watchdog."""

from __future__ import annotations

import asyncio
import ctypes
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridgekit.cli.init.service_files import unit
from bridgekit.cli.supervised import ALIVE, READY, STOPPING
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.confined import LIBRARY, settings
from tests.core.cli.conftest import registration
from tests.integration.missing import skip

ROOT = Path(__file__).parents[3]
CONFINED = Path(__file__).with_name("confined.py")
SHIPPED = ROOT / "contrib" / "systemd" / "bridgekit.service"
WATCHDOG = 400_000  # microseconds, where the unit says a minute


@asynccontextmanager
async def supervised(
    config: Path, site: Path, listener: socket.socket, *before: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """What the unit starts, in the folder and with the mask that it says."""
    said = settings(unit(config, config.with_name("bridgekit.service"), "somebody"))
    assert said["Type"] == ["notify"]
    path = [str(site), str(ROOT)]
    process = await asyncio.create_subprocess_exec(
        *before,
        *shlex.split(said["ExecStart"][0]),
        cwd=said["WorkingDirectory"][0],
        umask=int(said["UMask"][0], 8),
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


def confinable() -> None:
    """Skip, or fail where everything must be there."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        skip("There is no libseccomp here: install the package libseccomp2.")
    if shutil.which("systemd-analyze") is None:
        skip("There is no systemd-analyze here: install the package systemd.")


@pytest.mark.sqlite
@pytest.mark.parametrize("which", ["shipped", "written by init"])
async def test_it_needs_no_system_call_that_the_unit_forbids(
    connected: Path, site: Path, homeserver: FakeHomeserver, tmp_path: Path, which: str
) -> None:
    """An invitation, a command, a reload and a stop, with the unit's filters in force."""
    confinable()
    file = SHIPPED
    if which != "shipped":
        file = tmp_path / "written.service"
        file.write_text(unit(connected, file, "somebody"))
    homeserver.load_registration(registration(connected))
    you = homeserver.person("you")
    before = (sys.executable, str(CONFINED), str(file))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(50), supervised(connected, site, listener, *before) as process:
            while (await loop.sock_recv(listener, 100)).decode() != READY:
                pass
            room = await you.create_room(invite=["@bridgebot:example.org"], direct=True)
            await you.wait_for(room, lambda event: event["sender"] == "@bridgebot:example.org")
            await you.say(room, "networks")
            await you.wait_for(
                room,
                lambda event: (
                    event["sender"] == "@bridgebot:example.org"
                    and "tower" in event["content"].get("body", "")
                ),
            )
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0


@pytest.mark.parametrize(
    "forbidden",
    [
        "import os; os.chroot('/')",
        "import os; os.chown('/tmp', 0, 0)",
        "import mmap; mmap.mmap(-1, 4096, prot=7)",
        "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    ],
)
def test_what_the_unit_forbids_fails_and_ends_nothing(forbidden: str) -> None:
    confinable()
    words = [sys.executable, str(CONFINED), str(SHIPPED), sys.executable, "-c", forbidden]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not permitted" in done.stderr or "not supported" in done.stderr
