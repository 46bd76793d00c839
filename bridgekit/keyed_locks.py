"""A lock per key, for as long as somebody holds or wants it: an idle key costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class KeyedLocks(Generic[K]):
    """Within this process; who holds one for what says whether more than work hangs on it."""

    def __init__(self) -> None:
        self._locks: dict[K, tuple[asyncio.Lock, int]] = {}

    def __bool__(self) -> bool:
        """Whether any key is held or wanted now."""
        return bool(self._locks)

    @asynccontextmanager
    async def hold(self, key: K) -> AsyncIterator[None]:
        """Be the only one with `key` inside the block."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        # Counted before waiting: whoever leaves must not take the lock away from who waits.
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = (lock, users - 1)
