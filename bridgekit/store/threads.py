"""A driver that blocks, used from the event loop: each connection is on a thread of its own.

Whatever is to be done at once crosses to the thread at once: it is the crossing that costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

AnyEngine: TypeAlias = "AsyncEngine | ThreadedEngine"
AnyConnection: TypeAlias = "AsyncConnection | ThreadedConnection"
P = ParamSpec("P")
R = TypeVar("R")


class ThreadedConnection:
    """What SQLAlchemy's `AsyncConnection` is, for a driver that blocks."""

    def __init__(self, connection: Connection, thread: ThreadPoolExecutor) -> None:
        self._connection, self._thread = connection, thread

    async def run_sync(
        self, do: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """What has begun ends, even if the caller is cancelled: a commit is one such thing."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, lambda: do(self._connection, *args, **kwargs)
        )

    async def invalidate(self) -> None:
        await self.run_sync(Connection.invalidate)

    async def close(self) -> None:
        try:
            await self.run_sync(Connection.close)
        finally:
            self._thread.shutdown(wait=False)


class ThreadedEngine:
    """What SQLAlchemy's `AsyncEngine` is, for a driver that blocks; it keeps no connections."""

    def __init__(self, engine: Engine) -> None:
        self.sync_engine = engine

    async def connect(self) -> ThreadedConnection:
        thread = ThreadPoolExecutor(1, "database")
        loop = asyncio.get_running_loop()
        opened: list[Connection] = []
        try:
            await loop.run_in_executor(thread, lambda: opened.append(self.sync_engine.connect()))
        except BaseException:
            # Whoever is cancelled leaves behind what is opened all the same.
            loop.run_in_executor(thread, _close_all, opened)
            thread.shutdown(wait=False)
            raise
        return ThreadedConnection(opened[0], thread)

    async def dispose(self) -> None:
        self.sync_engine.dispose()


def _close_all(connections: Sequence[Connection]) -> None:
    for connection in connections:
        connection.close()
