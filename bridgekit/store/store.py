"""The open database: one writer, and a few connections that read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncEngine

from bridgekit.clock import Clock
from bridgekit.store.engine import make_engine, open_engine, sqlite_path
from bridgekit.store.reserve import Reserve
from bridgekit.store.writer import Writer


class Reader:
    """Runs queries; sees what is committed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(reads=True)

    async def all(
        self, statement: TextClause, values: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(statement, values or {})).all()

    async def first(
        self, statement: TextClause, values: Mapping[str, Any] | None = None
    ) -> Row[Any] | None:
        async with self._engine.connect() as connection:
            return (await connection.execute(statement, values or {})).first()


class Store:
    """`instance` is this database's own random name; it never changes."""

    def __init__(self, engine: AsyncEngine, instance: str, writer: Writer) -> None:
        self.instance, self.writer = instance, writer
        self.reader = Reader(engine)


@asynccontextmanager
async def open_store(url: str, clock: Clock) -> AsyncIterator[Store]:
    """The store at `url` for the one process that runs the bridge; raises `ConfigError`.

    On leaving, everything that was submitted is committed first.
    """
    path = sqlite_path(url)
    reserve = Reserve(path and path.with_name(path.name + ".reserve"))
    async with open_engine(url) as (engine, instance):
        reserve.fill()
        writer = Writer(engine, clock, reserve)
        async with asyncio.TaskGroup() as group:
            group.create_task(writer.run(), name="store writer")
            try:
                yield Store(engine, instance, writer)
            finally:
                writer.close()


@asynccontextmanager
async def look_into(url: str) -> AsyncIterator[Reader]:
    """Read the database beside a running bridge: no lock, nothing is changed or migrated."""
    engine = make_engine(url)
    try:
        yield Reader(engine)
    finally:
        await engine.dispose()
