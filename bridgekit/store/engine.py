"""Opening the database: one SQLite file, or PostgreSQL; checked, locked, brought up to date."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Connection

from bridgekit.errors import DatabaseError
from bridgekit.store import copying, migrations, postgresql, sqlite
from bridgekit.store.batch import PROBE
from bridgekit.store.failure import DATABASE_ERRORS
from bridgekit.store.fence import Fence
from bridgekit.store.lock import exclusive
from bridgekit.store.sqlite import sqlite_path
from bridgekit.store.tables import meta
from bridgekit.store.threads import AnyConnection, AnyEngine

R = TypeVar("R")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that is ours. `fence` and the `connection` it has locked: PostgreSQL only."""

    engine: AnyEngine
    instance: str
    fence: Fence | None = None
    connection: AnyConnection | None = None
    upgraded: str = ""  # from which schema to which, if it was


@asynccontextmanager
async def open_engine(url: str) -> AsyncIterator[Opened]:
    """Open the database for the one process that writes to it. Raises `DatabaseError`.

    `url` is `sqlite:///path` or `postgresql://…`. A second process on the same database is
    refused; a SQLite file that is missing is made.
    """
    path = sqlite_path(url)
    with exclusive(path):
        engine = make_engine(url)
        try:
            with _explaining(url):
                opened = await (_open_file(engine, path) if path else _open_server(engine, url))
            yield opened
        finally:
            await engine.dispose()


@asynccontextmanager
async def open_beside(url: str) -> AsyncIterator[AnyEngine]:
    """The engine of a database that may be in use; it must be there, and of this release."""
    path = sqlite_path(url)
    if path is not None and not _may_be_there(path):
        raise DatabaseError(
            f"database: {path} does not exist; "
            "start the bridge once, or name the configuration that it runs with"
        )
    engine = make_engine(url)
    try:
        with _explaining(url):
            await inside(engine, _look)
        yield engine
    finally:
        await engine.dispose()


def _may_be_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:  # said when it is opened
        return True


def make_engine(url: str) -> AnyEngine:
    """An engine with the settings that durability stands on; nothing is opened yet."""
    return postgresql.make(url) if sqlite_path(url) is None else sqlite.make(url)


async def inside(engine: AnyEngine, do: Callable[[Connection], R]) -> R:
    """Do it with a connection of its own."""
    connection = await engine.connect()
    try:
        return await connection.run_sync(do)
    finally:
        await connection.close()


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
    except DATABASE_ERRORS as error:
        raise explained(url, error) from error


def _look(connection: Connection) -> None:
    # Of SQLite's writers only one is let in at a time, and this is none.
    with connection.execution_options(reads=True).begin():
        migrations.check_current(connection)


def _make(connection: Connection, path: Path) -> tuple[str, str]:
    with connection.execution_options(reads=True).begin():
        due = migrations.due(connection)
    if due is not None:
        copy = path.with_name(f"{path.name}.before-{due[1]}")
        if not copy.exists():  # else an earlier try has made it, and then failed
            copying.copy(path, copy)
        log.warning("before the upgrade the database was copied", copy=str(copy))
    instance = _upgrade(connection)
    sqlite.log_ahead(connection)
    return instance, " to ".join(due or ())


async def _open_file(engine: AnyEngine, path: Path) -> Opened:
    instance, upgraded = await inside(engine, lambda connection: _make(connection, path))
    return Opened(engine, instance, upgraded=upgraded)


async def _open_server(engine: AnyEngine, url: str) -> Opened:
    """Lock it, then bring it up to date: on another connection, which may take its time."""
    fence = Fence(url)
    connection = await engine.connect()
    patient = postgresql.make(url, patience=None)
    try:
        await connection.run_sync(fence.lock)
        instance = await inside(patient, lambda other: _upgrade(other, fence))
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
        if (due := migrations.due(connection)) is not None:
            # In this transaction: an upgrade that fails leaves what was there.
            log.warning("the database is upgraded", from_schema=due[0], to_schema=due[1])
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
