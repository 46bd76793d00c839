"""How far people have read, on its way to the other side: the latest per person and portal only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from bridgekit.ids import PortalID
from bridgekit.models import Direction, Millis
from bridgekit.store import kind_tables, sql
from bridgekit.store.reader import Reader

_SAVE = sql.upsert(kind_tables.receipt, "portal", "direction", "user", "target", "at")
_DONE = sql.delete(kind_tables.receipt, "portal", "direction", "user", "target", "at")
_OF_PORTAL = text(
    'SELECT portal, direction, "user", target, at FROM receipt '
    'WHERE portal = :portal ORDER BY direction, "user" LIMIT :limit OFFSET :offset'
)
_WAITING = text(
    "SELECT DISTINCT portal FROM receipt WHERE portal > :after ORDER BY portal LIMIT :limit"
)


@dataclass(frozen=True, slots=True)
class ReadUpTo:
    """`user` has read up to `target`: an MXID and an event towards the network, else both remote.

    `at`: when we heard of it.
    """

    portal: PortalID
    direction: Direction
    user: str
    target: str
    at: Millis


class ReceiptRows:
    """Receipts that have not arrived yet, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def of(self, portal: PortalID, limit: int, offset: int = 0) -> list[ReadUpTo]:
        """Those of one portal, in an order that lasts."""
        values = {"portal": portal, "limit": limit, "offset": offset}
        return [
            ReadUpTo(PortalID(row.portal), Direction(row.direction), row.user, row.target, row.at)
            for row in await self._reader.all(_OF_PORTAL, values)
        ]

    async def waiting(self, after: PortalID, limit: int) -> list[PortalID]:
        """Portals that have some, in order, from behind `after` on."""
        rows = await self._reader.all(_WAITING, {"after": after, "limit": limit})
        return [PortalID(row.portal) for row in rows]


def apply_receipts(connection: Connection, receipts: Sequence[ReadUpTo]) -> None:
    """Of one person in one portal and direction, the last word counts."""
    last = {(one.portal, one.direction, one.user): one for one in receipts}
    sql.run(connection, _SAVE, [_row(last[key]) for key in sorted(last)])


def save_receipts(receipts: Sequence[ReadUpTo]) -> sql.Rows:
    """The operation that keeps these, each in the place of the one before."""
    last = {(one.portal, one.direction, one.user): one for one in receipts}
    return sql.Rows((_SAVE, [_row(last[key]) for key in sorted(last)]))


def forget_receipts(receipts: Sequence[ReadUpTo]) -> sql.Rows:
    """These are over; one that has been replaced meanwhile stays."""
    return sql.Rows((_DONE, [_row(one) for one in receipts]))


def _row(one: ReadUpTo) -> dict[str, object]:
    values = {"portal": one.portal, "direction": one.direction.value, "user": one.user}
    return values | {"target": one.target, "at": one.at}
