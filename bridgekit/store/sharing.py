"""Whether a folder is fit for SQLite: two connections must see, and keep out, each other.

Tried with a file of its own, which is gone afterwards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

Connect = Callable[[Path], sqlite3.Connection]


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=0)


def unfit(folder: Path, connect: Connect = _connected) -> str | None:
    """Why no database should be there; None: one may. Raises `OSError` if nothing can be written.

    `connect` opens without waiting for locks, and without transactions of its own.
    """
    with TemporaryDirectory(prefix=".bridgekit-try-", dir=folder) as own:
        path = Path(own) / "try.db"
        try:
            with closing(connect(path)) as one, closing(connect(path)) as other:
                return _unfit(one, other)
        except sqlite3.Error as error:
            return f"SQLite cannot work there: {error}"


def _unfit(one: sqlite3.Connection, other: sqlite3.Connection) -> str | None:
    (mode,) = one.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        return "it knows no memory that two programs share, which a write-ahead log needs"
    one.execute("CREATE TABLE tried (number INTEGER)")
    one.execute("BEGIN IMMEDIATE")
    one.execute("INSERT INTO tried VALUES (1)")
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        pass  # as it should: somebody else writes
    else:
        return "its locks do not hold: two programs could write at once"
    one.execute("COMMIT")
    (seen,) = other.execute("SELECT COUNT(*) FROM tried").fetchone()
    return None if seen == 1 else "what one program has written another one does not see"
