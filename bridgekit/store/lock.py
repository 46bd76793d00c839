"""One bridge per SQLite file: a lock beside it, held as long as the process lives."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bridgekit.errors import DatabaseError


@contextmanager
def exclusive(path: Path | None) -> Iterator[None]:
    """Hold the lock of a SQLite file (None: another database); its content names the holder."""
    if path is None:
        yield
        return
    beside = path.with_name(path.name + ".lock")
    try:
        beside.touch(0o600)
        file = beside.open("a+")
    except OSError as error:
        raise DatabaseError(_unwritable(path, error)) from error
    with suppress(OSError):  # it is there, or SQLite says why it cannot be made
        # Before SQLite makes it: what people wrote is in it, and its -wal and -shm do as it does.
        path.touch(0o600, exist_ok=False)
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise DatabaseError(
                f"database: {path} is in use by another bridgekit (process {holder}); "
                "stop that one first: two bridges on one database would send everything twice"
            ) from error
        except OSError as error:
            raise DatabaseError(
                f"database: {beside} cannot be locked: {os.strerror(error.errno or 0)}; "
                "name a file on a file system that knows locks, a local one"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _unwritable(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return (
            f"database: {path} cannot be made: there is no folder {path.parent}; "
            "make that folder, or name another file"
        )
    return (
        f"database: {path} cannot be written: {os.strerror(error.errno or 0)}; "
        "name another file, or give this user the right to write its folder"
    )
