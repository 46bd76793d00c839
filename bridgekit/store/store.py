"""The open database: one writer, and a few connections that read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridgekit.clock import Clock
from bridgekit.store.checkpoints import open_checkpoints
from bridgekit.store.engine import open_beside, open_engine
from bridgekit.store.fence import TakenOver
from bridgekit.store.reader import Reader, open_reader
from bridgekit.store.reserve import Reserve
from bridgekit.store.sqlite import sqlite_path
from bridgekit.store.writer import Writer


class Store:
    """`instance` is this database's own random name; it never changes. `upgraded`: from which
    schema to which this opening of a file brought it, if it did.
    """

    def __init__(self, instance: str, writer: Writer, reader: Reader, upgraded: str = "") -> None:
        self.instance, self.writer, self.reader = instance, writer, reader
        self.upgraded = upgraded


@asynccontextmanager
async def open_store(url: str, clock: Clock) -> AsyncIterator[Store]:
    """The store at `url` for the one process that runs the bridge; raises `ConfigError`.

    On leaving, also by an error, everything that was submitted is committed first; only who is
    cancelled stops at once.
    """
    path = sqlite_path(url)
    reserve = Reserve(path and path.with_name(path.name + ".reserve"))
    async with (
        open_engine(url) as opened,
        open_reader(opened.engine) as reader,
        open_checkpoints(opened.engine) as checkpoints,
    ):
        reserve.fill()
        fence, connection = opened.fence, opened.connection
        writer = Writer(opened.engine, clock, reserve, fence, connection, checkpoints)
        failure: Exception | None = None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(writer.run(), name="store writer")
                try:
                    yield Store(opened.instance, writer, reader, opened.upgraded)
                except Exception as error:  # noqa: BLE001 (raised below: the group would cancel the writer)
                    failure = error
                writer.close()
        except* TakenOver as group_error:
            # Raised below: whatever is raised here would be wrapped in a group again.
            failure = group_error.exceptions[0]
        if failure is not None:
            raise failure


@asynccontextmanager
async def look_into(url: str) -> AsyncIterator[Reader]:
    """Read the database beside a running bridge: no lock, nothing is changed or migrated.

    Raises `DatabaseError` if there is none yet, or if it is not of this release.
    """
    async with open_beside(url) as engine, open_reader(engine) as reader:
        yield reader
