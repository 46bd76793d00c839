"""What was set aside for the operator: read, and handed to its lane after all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, text

from bridgekit.ids import JobID
from bridgekit.models import SetAside
from bridgekit.store import sql, tables
from bridgekit.store.intake import Put
from bridgekit.store.reader import Reader

_COLUMNS = "key, origin, body, why, at"
_LISTED = text(
    f"SELECT {_COLUMNS} FROM set_aside ORDER BY at DESC, key LIMIT :limit"  # noqa: S608 (ours)
)
_NAMED = text(
    f"SELECT {_COLUMNS} FROM set_aside WHERE substr(key, 1, :letters) = :name"  # noqa: S608 (ours)
)
_FORGET = sql.delete(tables.set_aside, "key")


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that was set aside, under the key that people call it by."""

    key: str
    item: SetAside


class AsideRows:
    """What was set aside, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def listed(self, limit: int) -> list[Kept]:
        """The latest first."""
        return [_kept(row) for row in await self._reader.scan(_LISTED, {"limit": limit})]

    async def named(self, name: str) -> list[Kept]:
        """All whose key begins so."""
        rows = await self._reader.scan(_NAMED, {"name": name, "letters": len(name)})
        return [_kept(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Replay:
    """Put it into its lane; it is not aside any more. Result: its job, None if it is known."""

    rank: ClassVar[int] = 1
    keep: ClassVar[bool] = False
    key: str
    put: Put

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[Replay]) -> Sequence[JobID | None]:
        jobs = Put.apply(connection, [one.put for one in operations])
        sql.run(connection, _FORGET, [{"key": one.key} for one in operations])
        return [numbers[0] for numbers in jobs]


def _kept(row: Row[Any]) -> Kept:
    return Kept(row.key, SetAside(row.origin, row.body, row.why, row.at))
