"""What is stored of a private chat, forgotten with the login that it was seen by."""

from __future__ import annotations

from sqlalchemy import text

from bridgekit.ids import LoginID, NetworkName, PortalID
from bridgekit.models import Direction, Portal
from bridgekit.store import kind_tables, sql, tables
from bridgekit.store.moved import moved
from bridgekit.store.reader import Reader

_PORTALS = text("SELECT id FROM portal WHERE network = :network AND receiver = :receiver")
_BUSY = text(
    "SELECT 1 FROM job WHERE owner = :owner AND direction IN (:to_matrix, :to_network) "
    "AND dead = 0 LIMIT 1"
)
_HANGING = (
    *(tables.link, tables.pending, tables.member, tables.standing, tables.stated),
    *(kind_tables.relation, kind_tables.tombstone, kind_tables.receipt, kind_tables.gap),
)
_FORGET_HANGING = tuple(sql.delete(table, "portal") for table in _HANGING)
_FORGET_MOVED = sql.delete(moved, "network", "receiver")
_FORGET_PORTAL = sql.delete(tables.portal, "id")
# Both are of this portal alone: its keys begin with its number.
_FORGET_SEEN = text("DELETE FROM seen WHERE key >= :first AND key < :behind")
_FORGET_DEAD_PARTS = text(
    "DELETE FROM part WHERE job IN (SELECT id FROM job WHERE owner = :owner "
    "AND direction IN (:to_matrix, :to_network) AND dead = 1)"
)
_FORGET_DEAD = text(
    "DELETE FROM job WHERE owner = :owner AND direction IN (:to_matrix, :to_network) AND dead = 1"
)


class LeavingRows:
    """What hangs on a login, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def portals(self, network: NetworkName, login: LoginID) -> list[PortalID]:
        """The private chats that nobody but this login sees."""
        rows = await self._reader.all(_PORTALS, {"network": network, "receiver": login})
        return [PortalID(row.id) for row in rows]

    async def busy(self, portal: PortalID) -> bool:
        """Whether something of it is still to be done."""
        return await self._reader.first(_BUSY, _lanes(portal)) is not None


def forget_portal(portal: Portal) -> sql.Rows:
    """A private chat, with everything that is known of it; nothing of it may be under way."""
    if portal.key.receiver is None:
        raise ValueError("a chat that others see is not forgotten")
    number, lanes = [{"portal": portal.id}], [_lanes(portal.id)]
    keys = {"first": f"r:{portal.id}:", "behind": f"r:{portal.id};"}  # ";" follows ":"
    old = {"network": portal.key.network, "receiver": portal.key.receiver}
    return sql.Rows(
        *((statement, number) for statement in _FORGET_HANGING),
        (_FORGET_MOVED, [old]),
        (_FORGET_SEEN, [keys]),
        (_FORGET_DEAD_PARTS, lanes),
        (_FORGET_DEAD, lanes),
        (_FORGET_PORTAL, [{"id": portal.id}]),
    )


def _lanes(portal: PortalID) -> dict[str, str]:
    both = {"to_matrix": Direction.TO_MATRIX.value, "to_network": Direction.TO_NETWORK.value}
    return {"owner": str(portal), **both}
