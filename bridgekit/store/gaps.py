"""Gaps: chats whose past is being read, and the places that are kept for it before what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, text

from bridgekit.ids import JobID, LoginID, MessageID, NetworkName, PortalID
from bridgekit.store import kind_tables, sql
from bridgekit.store.store import Reader

_ALL = text("SELECT portal, after, next, last FROM gap ORDER BY portal")
_LATEST = text(
    "SELECT message FROM link WHERE portal = :portal ORDER BY at DESC, message DESC LIMIT 1"
)
_BRIDGED = text(
    "SELECT id FROM portal WHERE network = :network AND receiver = :receiver "
    "AND state = 'bound' ORDER BY id"
)
_SAVE = sql.upsert(kind_tables.gap, "portal", "after", "next", "last")
_CLOSE = sql.delete(kind_tables.gap, "portal")


@dataclass(frozen=True, slots=True)
class Gap:
    """Job IDs from `next` to `last` are kept for the past of a chat, which begins `after`."""

    portal: PortalID
    after: MessageID | None
    next: JobID
    last: JobID


class GapRows:
    """Gaps, read, and what is asked to begin one."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def all(self) -> list[Gap]:
        """What an earlier process left open."""
        return [_gap(row) for row in await self._reader.all(_ALL)]

    async def latest(self, portal: PortalID) -> MessageID | None:
        """The message of a chat that was bridged last, in either direction."""
        row = await self._reader.first(_LATEST, {"portal": portal})
        return None if row is None else MessageID(row.message)

    async def bridged(self, network: NetworkName, login: LoginID | None) -> list[PortalID]:
        """The portals that have a room: of shared chats, or the private ones of a login."""
        values = {"network": network, "receiver": login or ""}
        return [PortalID(row.id) for row in await self._reader.all(_BRIDGED, values)]


@dataclass(frozen=True, slots=True)
class Reserve:
    """Keep `count` places in the lane of a portal. Result: the gap with them."""

    rank: ClassVar[int] = 0  # before what is put behind them
    keep: ClassVar[bool] = False
    portal: PortalID
    after: MessageID | None
    count: int

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[Reserve]) -> Sequence[Gap]:
        gaps = []
        for one in operations:
            places = sql.take_ids(connection, "job", one.count)
            first, last = JobID(places[0]), JobID(places[-1])
            gaps.append(Gap(one.portal, one.after, first, last))
        sql.run(connection, _SAVE, [row_of(gap) for gap in gaps])
        return gaps


def save_gaps(connection: Connection, gaps: Sequence[Gap]) -> None:
    """Part of the commit that used some of the places."""
    sql.run(connection, _SAVE, [row_of(gap) for gap in gaps])


def close_gap(portal: PortalID) -> sql.Rows:
    """The operation that ends a gap."""
    return sql.Rows((_CLOSE, [{"portal": portal}]))


def row_of(gap: Gap) -> dict[str, object]:
    return {"portal": gap.portal, "after": gap.after, "next": gap.next, "last": gap.last}


def _gap(row: Row[Any]) -> Gap:
    after = None if row.after is None else MessageID(row.after)
    return Gap(PortalID(row.portal), after, JobID(row.next), JobID(row.last))
