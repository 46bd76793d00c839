"""What systemd is told: that the bridge is ready, alive, and stopping."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridgekit.cli.supervised import ALIVE, READY, announced, tell, watched
from bridgekit.testing.clock import VirtualClock


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": str(tmp_path / "notify"), **more}


async def test_it_is_told_that_everything_is_at_work_only_then(systemd, tmp_path) -> None:
    ready = asyncio.Event()
    telling = asyncio.ensure_future(announced(environ(tmp_path), ready))
    await asyncio.sleep(0)
    with pytest.raises(BlockingIOError):
        systemd.recv(100)
    ready.set()
    await telling
    assert systemd.recv(100) == READY.encode()


async def test_the_watchdog_hears_nothing_of_a_bridge_that_is_stuck(systemd, tmp_path) -> None:
    clock, alive = VirtualClock(), True

    async def look() -> bool:
        return alive

    said = environ(tmp_path, WATCHDOG_USEC="20000000", WATCHDOG_PID=str(os.getpid()))
    watching = asyncio.ensure_future(watched(said, look, clock))
    await clock.wait_for_timer(within=10)
    assert systemd.recv(100) == ALIVE.encode()
    alive = False
    await clock.advance(10)
    with pytest.raises(BlockingIOError):
        systemd.recv(100)
    watching.cancel()


@pytest.mark.parametrize(
    "more", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "5", "WATCHDOG_PID": "1"}]
)
async def test_where_no_watchdog_is_asked_for_nothing_is_said(tmp_path, more) -> None:
    async def look() -> bool:
        raise AssertionError

    await watched(environ(tmp_path, **more), look, VirtualClock())


def test_nobody_to_tell_is_no_fault(tmp_path) -> None:
    tell({}, READY)
    tell({"NOTIFY_SOCKET": str(tmp_path / "gone")}, READY)
    tell({"NOTIFY_SOCKET": "@nobody-listens-here"}, READY)
