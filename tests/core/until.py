"""Waiting for what nobody tells of: a line of the log, a count, a row of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from bridgekit.testing.clock import settle

T = TypeVar("T")

_PATIENCE = 60.0  # real seconds; only a test that is broken waits for so long


async def until(condition: Callable[[], T | Awaitable[T]]) -> T:
    """The first truthy result, asked for again as things go on; `TimeoutError` if none comes."""
    async with asyncio.timeout(_PATIENCE):
        while not (found := await _asked(condition)):
            await settle()
    return found


async def _asked(condition: Callable[[], T | Awaitable[T]]) -> T:
    found = condition()
    return await found if isinstance(found, Awaitable) else found


async def logged(
    logs: Sequence[Mapping[str, Any]], event: str, count: int = 1
) -> list[Mapping[str, Any]]:
    """The lines of this name among what is captured, once there are so many."""
    return await until(
        lambda: len(found := [one for one in logs if one["event"] == event]) >= count and found
    )
