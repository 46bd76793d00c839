"""SQLite: the settings that durability stands on, and why a file cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bridgekit.errors import DatabaseError
from bridgekit.store.checkpoints import MOST
from bridgekit.store.threads import ThreadedEngine


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL; None for another database."""
    scheme, _, path = url.partition(":///")
    return Path(path) if scheme == "sqlite" else None


def make(url: str) -> ThreadedEngine:
    engine = create_engine(
        make_url(url),
        poolclass=NullPool,  # each connection stays with the thread that opened it
        hide_parameters=True,  # errors reach logs, what people wrote must not
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return ThreadedEngine(engine)


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


def log_ahead(connection: Connection) -> None:
    """Switch to a write-ahead log, for good: only now, as it changes a file that must be ours."""
    raw = connection.connection.driver_connection
    assert raw is not None  # noqa: S101 (it is connected)
    # Not through SQLAlchemy, which would begin a transaction first.
    raw.execute("PRAGMA journal_mode = WAL")


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes too late: a savepoint it releases survives an outer rollback.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")  # NORMAL loses acknowledged events on power loss
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {MOST}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    readonly = connection.get_execution_options().get("reads")
    connection.connection.cursor().execute("BEGIN" if readonly else "BEGIN IMMEDIATE")
