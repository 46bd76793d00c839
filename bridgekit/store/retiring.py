"""The ghosts of a network that is taken down, a page at a time, and forgetting them."""

from __future__ import annotations

from sqlalchemy import text

from bridgekit.ids import NetworkName, PortalID, RemoteUserID, UserID
from bridgekit.models import Ghost
from bridgekit.store import sql, tables
from bridgekit.store.reader import Reader

_GHOSTS = text(
    'SELECT "user", mxid FROM ghost WHERE network = :network AND "user" > :after '
    'ORDER BY "user" LIMIT :limit'
)
_ROOMS = text(
    "SELECT id FROM portal WHERE network = :network AND room IS NOT NULL AND id > :after "
    "ORDER BY id LIMIT :limit"
)
_HOW_MANY = text(
    "SELECT (SELECT COUNT(*) FROM ghost WHERE network = :network) AS ghosts, "
    "(SELECT COUNT(*) FROM portal WHERE network = :network AND room IS NOT NULL) AS rooms"
)
_FORGET = sql.delete(tables.ghost, "network", "user")


class RetiringRows:
    """Read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def left(self, network: NetworkName) -> tuple[int, int]:
        """How many rooms and ghosts there are still."""
        (row,) = await self._reader.scan(_HOW_MANY, {"network": network})
        return row.rooms, row.ghosts

    async def ghosts(self, network: NetworkName, after: RemoteUserID, limit: int) -> list[Ghost]:
        values = {"network": network, "after": after, "limit": limit}
        rows = await self._reader.all(_GHOSTS, values)
        return [Ghost(network, RemoteUserID(row.user), UserID(row.mxid)) for row in rows]

    async def portals(self, network: NetworkName, after: PortalID, limit: int) -> list[PortalID]:
        """Those that have a room, in order."""
        values = {"network": network, "after": after, "limit": limit}
        return [PortalID(row.id) for row in await self._reader.all(_ROOMS, values)]


def forget_ghost(ghost: Ghost) -> sql.Rows:
    """Its account is no more."""
    return sql.Rows((_FORGET, [{"network": ghost.network, "user": ghost.user}]))
