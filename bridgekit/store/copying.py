"""A SQLite database as one file: copied while a bridge writes to it, checked, and put back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bridgekit.errors import DatabaseError
from bridgekit.store.lock import exclusive
from bridgekit.store.migrations import MADE_BY
from bridgekit.store.migrations.schema import REVISIONS

_BESIDE = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Copy:
    """What a file holds: `revision` is its schema's, `instance` the database's own random name."""

    path: Path
    size: int
    revision: str
    instance: str


def copy(source: Path, target: Path) -> Copy:
    """Make a copy that is consistent, also while a bridge writes, and that nobody else may read.

    Never overwrites. Raises `DatabaseError`.
    """
    if target.exists():
        raise DatabaseError(f"{target} exists already, and is not overwritten; name another file")
    part = target.with_name(target.name + ".part")
    with _explained(source, target):
        part.unlink(missing_ok=True)
        part.touch(0o600)
        try:
            _copied(source, part)
            found = look(part)
            os.link(part, target)  # unlike a rename it overwrites nothing
        finally:
            part.unlink(missing_ok=True)
    return Copy(target, target.stat().st_size, found.revision, found.instance)


def look(path: Path) -> Copy:
    """What a file holds. Raises `DatabaseError` if that is no database of ours, or a broken one."""
    with _explained(path, path), closing(_opened(path)) as database:
        said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            raise DatabaseError(f"{path} is broken ({said}); use another copy")
        meta = dict(_rows(database, "meta", "key, value"))
        revision = next((row[0] for row in _rows(database, "alembic_version", "version_num")), "")
    if meta.get("made_by") != MADE_BY:
        raise DatabaseError(f"{path} is no database of bridgekit")
    return Copy(path, path.stat().st_size, str(revision), str(meta.get("instance", "")))


def put_back(source: Path, target: Path, stamp: str) -> Path | None:
    """Put a copy where the database is, and what is there aside: where to, None if nothing was.

    Raises `DatabaseError`, also if a bridge runs on it.
    """
    found = look(source)
    if found.revision not in REVISIONS:
        raise DatabaseError(
            f"{source} was written by a newer bridgekit (schema {found.revision}); "
            "install that release, then restore it"
        )
    with exclusive_if_there(target), _explained(source, target):
        fresh = target.with_name(target.name + ".restoring")
        fresh.unlink(missing_ok=True)
        copy(source, fresh)
        aside = _moved(target, stamp)
        fresh.rename(target)
    return aside


@contextmanager
def exclusive_if_there(path: Path) -> Iterator[None]:
    """Keep a bridge from starting on it; refused if one runs."""
    made = not path.exists()
    with exclusive(path):
        if made:
            path.unlink(missing_ok=True)  # the lock has made it, empty
        yield


def _moved(target: Path, stamp: str) -> Path | None:
    if not target.exists():
        return None
    aside = target.with_name(f"{target.name}.before-{stamp}")
    for end in _BESIDE:
        beside = target.with_name(target.name + end)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + end))
    return aside


def _copied(source: Path, part: Path) -> None:
    with closing(_opened(source)) as database, closing(sqlite3.connect(part)) as fresh:
        database.backup(fresh)  # in one step: what is written meanwhile is in the next copy
        fresh.execute("PRAGMA journal_mode = DELETE")  # one file, that can be moved as it is
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)


def _rows(database: sqlite3.Connection, table: str, columns: str) -> list[Any]:
    try:
        return database.execute(f"SELECT {columns} FROM {table}").fetchall()  # noqa: S608 (names of ours)
    except sqlite3.OperationalError:  # there is no such table
        return []


@contextmanager
def _explained(source: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise DatabaseError(f"{source} cannot be read or copied: {error}") from error
    except OSError as error:
        what = os.strerror(error.errno or 0)
        raise DatabaseError(f"{target} cannot be written: {what}; name another file") from error
