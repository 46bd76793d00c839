"""The stream of changes of the bridge itself: starts, stops, logins, rooms."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from bridgekit.models import Millis
from bridgekit.store import sql, tables
from bridgekit.store.reader import Reader

_ADD = sql.insert(tables.change, "at", "what", "detail")
_LATEST = text("SELECT at, what, detail FROM change ORDER BY at DESC, what LIMIT :limit")


@dataclass(frozen=True, slots=True)
class Change:
    at: Millis
    what: str
    detail: str


def note(at: Millis, what: str, detail: str = "") -> sql.Rows:
    """The operation that adds a line to the stream."""
    return sql.Rows((_ADD, [{"at": at, "what": what, "detail": sql.plain(detail)}]))


async def latest(reader: Reader, limit: int) -> list[Change]:
    """The newest changes, newest first."""
    return [
        Change(row.at, row.what, row.detail) for row in await reader.all(_LATEST, {"limit": limit})
    ]
