"""The end of all lanes: what is in flight may finish, for a while (delivery rule 26)."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet

import structlog

from bridgekit.clock import Clock

log = structlog.get_logger()

STOPPING = 20.0


async def drain(running: AbstractSet[asyncio.Task[None]], clock: Clock) -> None:
    """Return once none of these runs any more; what is not done by then is marked and goes on."""
    try:
        async with clock.timeout(STOPPING):
            while running:
                await asyncio.wait(running)
    except TimeoutError:
        log.warning("stopped with work in flight; it goes on at the next start")
        for task in running:
            task.cancel()
