"""What is asked for again until the store answers: it may be down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.store.failure import AFTER, StoreDown

log = structlog.get_logger()

T = TypeVar("T")


async def patiently(
    read: Callable[[], Awaitable[T]], clock: Clock, longest: float = retry.LONGEST
) -> T:
    """For work in the background: whatever the failure, it ends no bridge. It is tried again after
    `longest` seconds at the latest, unless more are asked for.
    """
    attempts = 0
    while True:
        attempts += 1
        try:
            return await read()
        except RetryLater as error:
            after = error.after
        except Exception as error:  # noqa: BLE001 (the store, say: what asks runs for ever)
            log.warning("work in the background waits", error=type(error).__name__)
            after = None
        pause = retry.delay(after, attempts, 1.0)
        await clock.sleep(pause if after is not None else min(pause, longest))


async def once_stored(
    step: Callable[[], Awaitable[T]], clock: Clock, stopping: asyncio.Event | None = None
) -> T | None:
    """For the start: only a store that is down is waited for, all else ends it.

    None: `stopping` was set before the store was there.
    """
    while True:
        try:
            return await step()
        except StoreDown as down:
            if stopping is not None and stopping.is_set():
                return None
            log.warning("waiting for the database", why=str(down))
            await clock.sleep(AFTER)
