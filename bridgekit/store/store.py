"""The open database: one writer, and a few connections that read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Row, TextClause
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bridgekit.clock import Clock
from bridgekit.store.engine import open_beside, open_engine, reading
from bridgekit.store.failure import StoreDown, store_failed
from bridgekit.store.fence import TakenOver
from bridgekit.store.reserve import Reserve
from bridgekit.store.sqlite import sqlite_path
from bridgekit.store.writer import Writer


class Reader:
    """Runs queries; sees what is committed. Raises `StoreDown` while that cannot be."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = reading(engine)

    async def all(
        self, statement: TextClause, values: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        try:
            try:
                return await self._ask(statement, values or {})
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                # It was cut while nobody used it, as a server's restart does; so were the others.
                return await self._ask(statement, values or {})
        except (SQLAlchemyError, OSError) as error:
            if store_failed(error):
                raise StoreDown from error
            raise

    async def _ask(self, statement: TextClause, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(statement, values)).all()

    async def first(
        self, statement: TextClause, values: Mapping[str, Any] | None = None
    ) -> Row[Any] | None:
        rows = await self.all(statement, values)
        return rows[0] if rows else None


class Store:
    """`instance` is this database's own random name; it never changes."""

    def __init__(self, engine: AsyncEngine, instance: str, writer: Writer) -> None:
        self.instance, self.writer = instance, writer
        self.reader = Reader(engine)


@asynccontextmanager
async def open_store(url: str, clock: Clock) -> AsyncIterator[Store]:
    """The store at `url` for the one process that runs the bridge; raises `ConfigError`.

    On leaving, also by an error, everything that was submitted is committed first; only who is
    cancelled stops at once.
    """
    path = sqlite_path(url)
    reserve = Reserve(path and path.with_name(path.name + ".reserve"))
    async with open_engine(url) as opened:
        reserve.fill()
        writer = Writer(opened.engine, clock, reserve, opened.fence, opened.connection)
        failure: Exception | None = None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(writer.run(), name="store writer")
                try:
                    yield Store(opened.engine, opened.instance, writer)
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
    async with open_beside(url) as engine:
        yield Reader(engine)
