"""Opening the database: one SQLite file (or PostgreSQL), checked, locked, brought up to date."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bridgekit.errors import DatabaseError
from bridgekit.store import migrations
from bridgekit.store.batch import PROBE
from bridgekit.store.lock import exclusive
from bridgekit.store.tables import meta

READERS = 5  # connections at once; who finds none free waits for one


@asynccontextmanager
async def open_engine(url: str) -> AsyncIterator[tuple[AsyncEngine, str]]:
    """The engine of a database that is ours, and its instance ID. Raises `DatabaseError`.

    `url` is `sqlite:///path` or `postgresql://…`. A second process on the same SQLite file is
    refused; a file that is missing is made.
    """
    with exclusive(sqlite_path(url)):
        _try_to_open(url)
        engine = make_engine(url)
        try:
            yield engine, await _prepare(engine, url)
        finally:
            await engine.dispose()


@asynccontextmanager
async def open_beside(url: str) -> AsyncIterator[AsyncEngine]:
    """The engine of a database that may be in use; it must be there, and of this release."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise DatabaseError(
            f"database: {path} does not exist; "
            "start the bridge once, or name the configuration that it runs with"
        )
    _try_to_open(url)
    engine = make_engine(url)
    try:
        async with engine.execution_options(reads=True).connect() as connection:
            await connection.run_sync(migrations.check_current)
        yield engine
    except migrations.NotOurs as error:
        raise DatabaseError(f"database: {_shown(url)} {error}") from error
    finally:
        await engine.dispose()


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL; None for another database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    return Path(parsed.database or "")


def make_engine(url: str) -> AsyncEngine:
    """An engine with the settings that durability stands on; nothing is opened yet."""
    parsed = make_url(url)
    settings: dict[str, Any] = {
        "pool_size": READERS + 1,  # and the writer
        "max_overflow": 0,
        "hide_parameters": True,  # errors reach logs, what people wrote must not
    }
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(parsed.set(drivername="postgresql+asyncpg"), **settings)
    engine = create_async_engine(parsed.set(drivername="sqlite+aiosqlite"), **settings)
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def explained(url: str, error: BaseException | None) -> DatabaseError:
    """What the operator is told when the database cannot be used at all."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    path = sqlite_path(url)
    if path is None:
        return DatabaseError(
            f"database: {_shown(url)} cannot be used: {cause}; check that the address, the user "
            "and the password are right and that the server runs"
        )
    if "not a database" in str(cause):
        return DatabaseError(
            f"database: {path} is something else, not a SQLite database; name another file"
        )
    return DatabaseError(
        f"database: {path} cannot be used: {cause}; check that it is a file of this bridge "
        "and that this user may read and write it and its folder"
    )


def _try_to_open(url: str) -> None:
    """Raises `DatabaseError` for what is no SQLite file.

    Not left to the engine: aiosqlite does not wait for the thread of a connection that failed, and
    a process that ends with this error would end in that thread's complaint.
    """
    path = sqlite_path(url)
    if path is None:
        return
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise explained(url, error) from error


def _shown(url: str) -> str:
    path = sqlite_path(url)
    return str(path) if path else make_url(url).render_as_string(hide_password=True)


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late: a savepoint it releases survives an outer rollback.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")  # NORMAL loses acknowledged events on power loss
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    readonly = connection.get_execution_options().get("reads")
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


async def _prepare(engine: AsyncEngine, url: str) -> str:
    try:
        async with engine.connect() as connection:
            instance = await connection.run_sync(_upgrade)
            if engine.dialect.name == "sqlite":
                await _log_ahead(connection)
    except migrations.NotOurs as error:
        raise DatabaseError(f"database: {_shown(url)} {error}") from error
    except (SQLAlchemyError, OSError) as error:
        raise explained(url, error) from error
    return instance


def _upgrade(connection: Connection) -> str:
    with connection.begin():
        migrations.upgrade(connection)
        instance = connection.scalar(select(meta.c.value).where(meta.c.key == "instance"))
        if instance is None:
            instance = secrets.token_hex(16)
            rows = [("instance", instance), ("made_by", migrations.MADE_BY)]
            connection.execute(meta.insert(), [{"key": key, "value": value} for key, value in rows])
        connection.exec_driver_sql(PROBE)  # SQLite begins to write a read-only file without a word
    return str(instance)


async def _log_ahead(connection: AsyncConnection) -> None:
    """Switch to a write-ahead log, for good: only now, as it changes a file that must be ours."""
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None  # noqa: S101 (it is connected)
    # Not through SQLAlchemy, which would begin a transaction first.
    await raw.execute("PRAGMA journal_mode = WAL")
