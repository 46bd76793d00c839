"""What people told the bridge to change, and how that ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from bridgekit.audited import Audited, AuditOutcome
from bridgekit.ids import RoomID, UserID
from bridgekit.store import command_tables, sql
from bridgekit.store.reader import Reader

_COLUMNS = ("key", "at", "user", "via", "command", "arguments", "room", "outcome", "detail")
_ADD = sql.upsert(command_tables.audit, *_COLUMNS, update=("outcome", "detail"))
_END = sql.update(command_tables.audit, "outcome", "arguments", "detail", keys=["key"])
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_ONE = text(f"SELECT {_NAMES} FROM audit WHERE key = :key")  # noqa: S608 (names of ours)
_LATEST = text(
    f"SELECT {_NAMES} FROM audit WHERE :user = '' OR \"user\" = :user "  # noqa: S608 (names of ours)
    "ORDER BY at DESC, key LIMIT :limit"
)


class AuditRows:
    """Read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find(self, key: str) -> Audited | None:
        row = await self._reader.first(_ONE, {"key": key})
        return row and _audited(row)

    async def latest(self, limit: int, user: UserID | None = None) -> Sequence[Audited]:
        """The newest first; of `user` alone, or of all."""
        rows = await self._reader.all(_LATEST, {"limit": limit, "user": user or ""})
        return [_audited(row) for row in rows]


def save_begun(one: Audited) -> sql.Rows:
    """Kept before anything is done; one that came to nothing is begun again."""
    row = {
        "key": one.key,
        "at": one.at,
        "user": sql.plain(one.user),
        "via": one.via,
        "command": one.command,
        "arguments": sql.plain(one.arguments),
        "room": sql.plain(one.room or ""),
        "outcome": one.outcome.value,
        "detail": sql.plain(one.detail),
    }
    return sql.Rows((_ADD, [row]))


def save_ended(key: str, outcome: AuditOutcome, arguments: str, detail: str) -> sql.Rows:
    row = {
        "key": key,
        "outcome": outcome.value,
        "arguments": sql.plain(arguments),
        "detail": sql.plain(detail),
    }
    return sql.Rows((_END, [row]))


def _audited(row: Row[Any]) -> Audited:
    return Audited(
        key=row.key,
        at=row.at,
        user=UserID(row.user),
        via=row.via,
        command=row.command,
        arguments=row.arguments,
        room=RoomID(row.room) if row.room else None,
        outcome=AuditOutcome(row.outcome),
        detail=row.detail,
    )
