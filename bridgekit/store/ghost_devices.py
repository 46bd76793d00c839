"""Which ghosts have a device, and up to where what was sent to it was read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, text

from bridgekit.ids import UserID
from bridgekit.models import Millis
from bridgekit.store import encryption_tables as tables
from bridgekit.store import sql
from bridgekit.store.reader import Reader

_COLUMNS = "ghost, device, signer, emptied_at, fallback, since"
_ONE = text(f"SELECT {_COLUMNS} FROM ghost_device WHERE ghost = :ghost")  # noqa: S608 (names of ours)
_DUE = text(
    f"SELECT {_COLUMNS} FROM ghost_device "  # noqa: S608 (names of ours)
    "WHERE emptied_at <= :before ORDER BY emptied_at, ghost LIMIT :limit"
)
_SAVE = sql.upsert(
    tables.ghost_device, "ghost", "device", "signer", "emptied_at", "fallback", "since"
)
_FORGET = sql.delete(tables.ghost_device, "ghost", "device")
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class GhostDevice:
    ghost: UserID
    device: str
    signer: str
    emptied_at: Millis
    fallback: str = ""
    since: str = ""


class GhostDeviceRows:
    """Read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def of(self, ghost: UserID) -> GhostDevice | None:
        row = await self._reader.first(_ONE, {"ghost": ghost})
        return row and _device(row)

    async def due(self, before: Millis) -> list[GhostDevice]:
        """Some of those who were seen to by then at the latest."""
        rows = await self._reader.all(_DUE, {"before": before, "limit": AT_ONCE})
        return [_device(row) for row in rows]


def _device(row: Row[Any]) -> GhostDevice:
    read = (row.emptied_at, row.fallback, row.since)
    return GhostDevice(UserID(row.ghost), row.device, row.signer, *read)


def save_ghost_device(row: GhostDevice) -> sql.Rows:
    return sql.Rows((_SAVE, [asdict(row)]))


def forget_ghost_device(row: GhostDevice) -> sql.Rows:
    """Unless there is another one by now."""
    return sql.Rows((_FORGET, [{"ghost": row.ghost, "device": row.device}]))
