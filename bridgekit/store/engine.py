"""Opening the database: one SQLite file, or PostgreSQL; checked, locked, brought up to date."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bridgekit.errors import DatabaseError
from bridgekit.store import migrations, postgresql, sqlite
from bridgekit.store.batch import PROBE
from bridgekit.store.fence import Fence
from bridgekit.store.lock import exclusive
from bridgekit.store.sqlite import sqlite_path
from bridgekit.store.tables import meta

READERS = 5  # connections at once; who finds none free waits for one


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that is ours. `fence` and the `connection` it has locked: PostgreSQL only."""

    engine: AsyncEngine
    instance: str
    fence: Fence | None = None
    connection: AsyncConnection | None = None


@asynccontextmanager
async def open_engine(url: str) -> AsyncIterator[Opened]:
    """Open the database for the one process that writes to it. Raises `DatabaseError`.

    `url` is `sqlite:///path` or `postgresql://…`. A second process on the same database is
    refused; a SQLite file that is missing is made.
    """
    path = sqlite_path(url)
    with exclusive(path):
        if path is not None:
            sqlite.try_to_open(path)
        engine = make_engine(url)
        try:
            with _explaining(url):
                opened = await (_open_file(engine) if path else _open_server(engine, url))
            yield opened
        finally:
            await engine.dispose()


@asynccontextmanager
async def open_beside(url: str) -> AsyncIterator[AsyncEngine]:
    """The engine of a database that may be in use; it must be there, and of this release."""
    path = sqlite_path(url)
    if path is not None:
        if not path.exists():
            raise DatabaseError(
                f"database: {path} does not exist; "
                "start the bridge once, or name the configuration that it runs with"
            )
        sqlite.try_to_open(path)
    engine = make_engine(url)
    try:
        with _explaining(url):
            async with reading(engine).connect() as connection:
                await connection.run_sync(migrations.check_current)
        yield engine
    finally:
        await engine.dispose()


def make_engine(url: str) -> AsyncEngine:
    """An engine with the settings that durability stands on; nothing is opened yet."""
    settings: dict[str, Any] = {
        "pool_size": READERS + 1,  # and the writer
        "max_overflow": 0,
        "hide_parameters": True,  # errors reach logs, what people wrote must not
    }
    if sqlite_path(url) is None:
        return postgresql.make(url, **settings)
    return sqlite.make(url, **settings)


def reading(engine: AsyncEngine) -> AsyncEngine:
    """The same engine for single queries, which no lock of a writer holds up."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(reads=True)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def explained(url: str, error: BaseException | None) -> DatabaseError:
    """What the operator is told when the database cannot be used at all."""
    path = sqlite_path(url)
    return postgresql.explained(url, error) if path is None else sqlite.explained(path, error)


@contextmanager
def _explaining(url: str) -> Iterator[None]:
    try:
        yield
    except migrations.NotOurs as error:
        shown = sqlite_path(url) or postgresql.shown(url)
        raise DatabaseError(f"database: {shown} {error}") from error
    except (SQLAlchemyError, OSError) as error:
        raise explained(url, error) from error


async def _open_file(engine: AsyncEngine) -> Opened:
    async with engine.connect() as connection:
        instance = await connection.run_sync(_upgrade)
        await sqlite.log_ahead(connection)
    return Opened(engine, instance)


async def _open_server(engine: AsyncEngine, url: str) -> Opened:
    """Lock it, then bring it up to date: on another connection, which may take its time."""
    fence = Fence(url)
    connection = await engine.connect()
    patient = postgresql.make(url, patience=None)
    try:
        await connection.run_sync(fence.lock)
        async with patient.connect() as other:
            instance = await other.run_sync(_upgrade, fence)
    except BaseException:
        await connection.close()
        raise
    finally:
        await patient.dispose()
    return Opened(engine, instance, fence, connection)


def _upgrade(connection: Connection, fence: Fence | None = None) -> str:
    with connection.begin():
        if fence is not None:
            postgresql.check(connection)
        migrations.upgrade(connection)
        instance = connection.scalar(select(meta.c.value).where(meta.c.key == "instance"))
        if instance is None:
            instance = secrets.token_hex(16)
            rows = [("instance", instance), ("made_by", migrations.MADE_BY)]
            connection.execute(meta.insert(), [{"key": key, "value": value} for key, value in rows])
        connection.exec_driver_sql(PROBE)  # SQLite begins to write a read-only file without a word
        if fence is not None:
            fence.begin(connection)
    return str(instance)
