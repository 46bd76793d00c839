"""Numbers that only the tables know, for whoever watches the bridge; no table is read through."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from bridgekit.store.reader import Reader
from bridgekit.store.sqlite import sqlite_path

_KEPT = text(
    "SELECT (SELECT COUNT(*) FROM job WHERE dead = 1) AS failed, "
    "(SELECT COUNT(*) FROM set_aside) AS aside, "
    "(SELECT COUNT(*) FROM member WHERE wanted != actual) AS drift, "
    "(SELECT COUNT(*) FROM unread_event WHERE over = 0) AS unread"
)
_BESIDE = ("", "-wal", "-shm", ".reserve")


@dataclass(frozen=True, slots=True)
class Kept:
    """What waits for an operator, for the reconciler of membership, or for the key of a room."""

    failed: int
    aside: int
    drift: int
    unread: int


async def kept(reader: Reader) -> Kept:
    """Reads no longer than its indexes and the queue are."""
    (row,) = await reader.scan(_KEPT)
    return Kept(row.failed, row.aside, row.drift, row.unread)


def size_of(url: str) -> int | None:
    """Bytes of the database on this machine's disk; None if it is on another one."""
    path = sqlite_path(url)
    return None if path is None else sum(map(_size, files_of(path)))


def files_of(path: Path) -> list[Path]:
    """What belongs to a SQLite file, itself first."""
    return [path.with_name(path.name + end) for end in _BESIDE]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
