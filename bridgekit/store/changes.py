"""The stream of changes of the bridge itself, and the pruning of what nobody needs any more."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from bridgekit.models import Millis
from bridgekit.store import sql, tables
from bridgekit.store.store import Reader

_ADD = sql.insert(tables.change, "at", "what", "detail")
_LATEST = text("SELECT at, what, detail FROM change ORDER BY at DESC, what LIMIT :limit")
DAY = 24 * 60 * 60 * 1000
KEEP_SEEN = 90 * DAY
KEEP_OUTCOMES = 90 * DAY  # also of failed jobs, which nobody has retried by then
_OLD_SEEN = text("DELETE FROM seen WHERE at < :before")
_OLD_OUTCOMES = text("DELETE FROM outcome WHERE finished_at < :before")
_OLD_CHANGES = text("DELETE FROM change WHERE at < :before")
_OLD_DEAD_PARTS = text(
    "DELETE FROM part WHERE job IN (SELECT id FROM job WHERE dead = 1 AND received_at < :before)"
)
_OLD_DEAD = text("DELETE FROM job WHERE dead = 1 AND received_at < :before")
_OLD_PENDING = text("DELETE FROM pending WHERE at < :before")


@dataclass(frozen=True, slots=True)
class Change:
    at: Millis
    what: str
    detail: str


def note(at: Millis, what: str, detail: str = "") -> sql.Rows:
    """The operation that adds a line to the stream."""
    return sql.Rows((_ADD, [{"at": at, "what": what, "detail": sql.plain(detail)}]))


def prune(now: Millis) -> sql.Rows:
    """Forget what is older than the documented time; links are never pruned."""
    return sql.Rows(
        (_OLD_SEEN, [{"before": now - KEEP_SEEN}]),
        (_OLD_OUTCOMES, [{"before": now - KEEP_OUTCOMES}]),
        (_OLD_CHANGES, [{"before": now - KEEP_OUTCOMES}]),
        (_OLD_DEAD_PARTS, [{"before": now - KEEP_OUTCOMES}]),
        (_OLD_DEAD, [{"before": now - KEEP_OUTCOMES}]),
        (_OLD_PENDING, [{"before": now - KEEP_SEEN}]),
    )


async def latest(reader: Reader, limit: int) -> list[Change]:
    """The newest changes, newest first."""
    return [
        Change(row.at, row.what, row.detail) for row in await reader.all(_LATEST, {"limit": limit})
    ]
