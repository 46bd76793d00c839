"""Says how far work is that takes its time, in one message; of what is done at once, nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bridgekit.clock import Clock
from bridgekit.commands.command import Progress

QUICK = 3.0  # seconds in which nobody wonders what becomes of it
AT_IT = "One moment, I am at it …"


@asynccontextmanager
async def working(say: Callable[[str], Awaitable[None]], clock: Clock) -> AsyncIterator[Progress]:
    """Inside, what is told the `Progress` is said, the latest of it, once it takes that long."""
    latest, changed, saying = AT_IT, asyncio.Event(), asyncio.Lock()

    async def progress(text: str) -> None:
        nonlocal latest
        latest = text
        changed.set()

    async def show() -> None:
        await clock.sleep(QUICK)
        while True:
            changed.clear()
            async with saying:
                await say(latest)
            await changed.wait()

    showing = asyncio.create_task(show(), name="progress of a command")
    try:
        yield progress
    finally:
        try:
            async with saying:  # what was begun is said: the answer takes its place
                pass
        finally:
            showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)  # the work counts, not this
