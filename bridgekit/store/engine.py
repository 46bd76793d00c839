"""Opening the database: one SQLite file (or PostgreSQL), checked, locked, brought up to date."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bridgekit.errors import DatabaseError
from bridgekit.store import migrations
from bridgekit.store.tables import meta

OURS = "bridgekit"


@asynccontextmanager
async def open_engine(url: str) -> AsyncIterator[tuple[AsyncEngine, str]]:
    """The engine of a database that is ours, and its instance ID. Raises `DatabaseError`.

    `url` is `sqlite:///path` or `postgresql://…`. A second process on the same SQLite file is
    refused; a file that is missing is made.
    """
    path = sqlite_path(url)
    with _exclusive(path):
        engine = make_engine(url)
        try:
            yield engine, await _prepare(engine, url)
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
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(parsed.set(drivername="postgresql+asyncpg"), pool_size=5)
    engine = create_async_engine(parsed.set(drivername="sqlite+aiosqlite"), pool_size=4)
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late: a savepoint it releases survives an outer rollback.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # NORMAL loses acknowledged events on power loss
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    readonly = connection.get_execution_options().get("reads")
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


@contextmanager
def _exclusive(path: Path | None) -> Iterator[None]:
    """Hold the lock beside a SQLite file; its content names the holder for people."""
    if path is None:
        yield
        return
    try:
        file = path.with_name(path.name + ".lock").open("a+")
    except OSError as error:
        raise DatabaseError(
            f"database: {path} cannot be written: {os.strerror(error.errno or 0)}; "
            "name another file, or give this user the right to write its folder"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise DatabaseError(
                f"database: {path} is in use by another bridgekit (process {holder}); "
                "stop that one first: two bridges on one database would send everything twice"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


async def _prepare(engine: AsyncEngine, url: str) -> str:
    shown = sqlite_path(url) or make_url(url).render_as_string(hide_password=True)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_upgrade)
    except migrations.NotOurs as error:
        raise DatabaseError(f"database: {shown} {error}") from error
    except (SQLAlchemyError, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise DatabaseError(
            f"database: {shown} cannot be used: {cause}; "
            "check that the path or address is right and that this user may write there"
        ) from error


def _upgrade(connection: Connection) -> str:
    with connection.begin():
        migrations.upgrade(connection)
        instance = connection.scalar(select(meta.c.value).where(meta.c.key == "instance"))
        if instance is None:
            instance = secrets.token_hex(16)
            connection.execute(
                meta.insert(),
                [{"key": "instance", "value": instance}, {"key": "made_by", "value": OURS}],
            )
    return str(instance)
