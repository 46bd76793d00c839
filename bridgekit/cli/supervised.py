"""What a supervisor is told: systemd's notifications, where it asks for them (sd_notify(3))."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from bridgekit.clock import Clock

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


def tell(environ: Mapping[str, str], said: str) -> None:
    """Nothing where nobody asks; a supervisor that has gone away changes nothing for us."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    path = f"\0{address[1:]}" if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.connect(path)
        out.send(said.encode())


async def watched(
    environ: Mapping[str, str], alive: Callable[[], Awaitable[bool]], clock: Clock
) -> None:
    """Say that we are alive as long as we are, twice as often as is asked (WATCHDOG_USEC)."""
    asked = environ.get("WATCHDOG_USEC", "")
    meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    if not (asked.isdecimal() and int(asked) and meant):
        return
    while True:
        if await alive():
            tell(environ, ALIVE)
        await clock.sleep(int(asked) / 2_000_000)


async def announced(environ: Mapping[str, str], ready: asyncio.Event) -> None:
    """Say once that everything is at work."""
    await ready.wait()
    tell(environ, READY)
