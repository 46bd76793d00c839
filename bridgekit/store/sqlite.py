"""SQLite: the settings that durability stands on, and why a file cannot be used."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bridgekit.errors import DatabaseError


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL; None for another database."""
    scheme, _, path = url.partition(":///")
    return Path(path) if scheme == "sqlite" else None


def make(url: str, **settings: Any) -> AsyncEngine:
    engine = create_async_engine(make_url(url).set(drivername="sqlite+aiosqlite"), **settings)
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def explained(path: Path, error: BaseException | None) -> DatabaseError:
    """What the operator is told when the file cannot be used at all."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if "not a database" in str(cause):
        return DatabaseError(
            f"database: {path} is something else, not a SQLite database; name another file"
        )
    return DatabaseError(
        f"database: {path} cannot be used: {cause}; check that it is a file of this bridge "
        "and that this user may read and write it and its folder"
    )


def try_to_open(path: Path) -> None:
    """Raises `DatabaseError` for what is no SQLite file.

    Not left to the engine: aiosqlite does not wait for the thread of a connection that failed, and
    a process that ends with this error would end in that thread's complaint.
    """
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise explained(path, error) from error


async def log_ahead(connection: AsyncConnection) -> None:
    """Switch to a write-ahead log, for good: only now, as it changes a file that must be ours."""
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None  # noqa: S101 (it is connected)
    # Not through SQLAlchemy, which would begin a transaction first.
    await raw.execute("PRAGMA journal_mode = WAL")


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
