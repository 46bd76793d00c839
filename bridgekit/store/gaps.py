"""Gaps: chats whose past is being read, and the places that are kept for it before what is new."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, text

from bridgekit.ids import JobID, LoginID, MessageID, NetworkName, PortalID
from bridgekit.models import Portal
from bridgekit.store import kind_tables, sql
from bridgekit.store.people import save_value
from bridgekit.store.reader import Reader

_ALL = text("SELECT portal, after, next, last FROM gap ORDER BY portal")
_OF = text("SELECT portal, after, next, last FROM gap WHERE portal = :portal")
# Of others: what we send ourselves goes on while a gap is open. What was there before the chat was
# linked (again) is no sign of what came since.
_LATEST = text(
    "SELECT message FROM link WHERE portal = :portal AND login IS NULL AND at >= :since "
    "ORDER BY at DESC, message DESC LIMIT 1"
)
_BEFORE = text("SELECT 1 FROM link WHERE portal = :portal AND at < :since LIMIT 1")
# What is stored of a chat, though not shown yet, is later than all that is; behind a gap, it came
# after that.
_STORED = text(
    "SELECT owner, source FROM job WHERE id IN (SELECT MAX(id) FROM job "
    "LEFT JOIN gap ON CAST(gap.portal AS VARCHAR) = job.owner "
    "WHERE direction = 'to_matrix' AND kind IN ('Message', 'Poll', 'Location', 'Unsupported') "
    "AND source <> '' AND dead = 0 AND (gap.portal IS NULL OR job.id < gap.next) GROUP BY owner)"
)
# What was begun is known to people by its number, and parts may hang on that.
_BEHIND = (
    "SELECT key, id, attempts > 0 OR id IN (SELECT job FROM part) AS begun "
    "FROM job WHERE dead = 0 AND direction = 'to_matrix' AND owner = :owner "
    "AND id > :last AND key IN"
)
_MOVE = text("UPDATE job SET id = :place WHERE id = :id")
_BRIDGED = text(
    "SELECT id FROM portal WHERE network = :network AND receiver = :receiver "
    "AND state != 'new' AND id > :after ORDER BY id LIMIT :limit"
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

    async def stored(self) -> dict[PortalID, MessageID]:
        """The latest message before the gap of each chat that has any that are not shown yet."""
        rows = await self._reader.scan(_STORED)
        return {PortalID(int(row.owner)): MessageID(row.source) for row in rows}

    async def latest(self, portal: Portal) -> MessageID | None:
        """The last message of others that is shown, since the chat was linked."""
        # All that was ever said there is looked at: nobody else shall wait for that.
        rows = await self._reader.scan(_LATEST, {"portal": portal.id, "since": portal.since or 0})
        return MessageID(rows[0].message) if rows else None

    async def linked_before(self, portal: PortalID, since: int) -> bool:
        """Whether a message of a chat was bridged before then."""
        return bool(await self._reader.scan(_BEFORE, {"portal": portal, "since": since}))

    async def bridged(self, network: NetworkName, login: LoginID | None) -> list[PortalID]:
        """The portals that have or get a room: of shared chats, or the private ones of a login."""
        values = {"network": network, "receiver": login or ""}
        return [PortalID(row.id) async for row in self._reader.paged(_BRIDGED, values)]


@dataclass(frozen=True, slots=True)
class Reserve:
    """Keep `count` places in the lane of a portal, once. Result: the gap with them."""

    rank: ClassVar[int] = 0  # before what is put behind them
    keep: ClassVar[bool] = False
    portal: PortalID
    after: MessageID | None
    count: int

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[Reserve]) -> Sequence[Gap]:
        gaps: list[Gap] = []
        for one in operations:
            row = sql.one(connection, _OF, {"portal": one.portal}).first()
            gaps.append(_reserved(connection, one) if row is None else _gap(row))
        return gaps


def _reserved(connection: Connection, one: Reserve) -> Gap:
    places = sql.take_ids(connection, "job", one.count)
    gap = Gap(one.portal, one.after, JobID(places[0]), JobID(places[-1]))
    _save(connection, gap)
    return gap


def take_places(
    connection: Connection,
    portal: PortalID,
    past: Sequence[tuple[str, bool]],
    new: AbstractSet[str],
) -> list[int | None]:
    """A kept place for each, in this order, while there are any; for nobody twice.

    `past` are their keys, and whether they are fresh; `new` are keys of what this commit stores as
    new. What came as new, and only now turns out to be of the past, waits behind the kept places:
    it is moved to one of them. Nothing is placed before what was begun there.
    """
    row = sql.one(connection, _OF, {"portal": portal}).first()
    if row is None:
        return [None] * len(past)
    coming = {key for key, fresh in past if fresh or key in new}
    behind = _behind(connection, [key for key, _ in past if key not in coming], row)
    free, taken = iter(range(row.next, row.last + 1)), list[int | None]()
    moved: list[dict[str, int | None]] = []
    for key, _ in past:
        number, begun = behind.pop(key, (None, False))
        if begun:
            free = iter(range(0))
        place = next(free, None) if number or key in coming else None
        coming.discard(key)
        taken.append(place)
        if number and place:
            moved.append({"id": number, "place": place})
    sql.run(connection, _MOVE, moved)
    following = JobID(next(free, row.last + 1))
    _save(connection, replace(_gap(row), next=following))
    return taken


def _behind(
    connection: Connection, keys: Sequence[str], gap: Row[Any]
) -> dict[str, tuple[int | None, bool]]:
    """Which of these wait behind the kept places: their numbers, and whether they were begun.

    In the lane of that chat: another one does not stand still.
    """
    here = {"owner": str(gap.portal), "last": gap.last}
    found: dict[str, tuple[int | None, bool]] = {}
    for statement, values in sql.among(_BEHIND, keys):
        rows = sql.one(connection, statement, values | here)
        found |= {row.key: (row.id, bool(row.begun)) for row in rows}
    return found


def save_known_past(portal: Portal, known: str | None) -> sql.Rows:
    """Note how far the past of a chat was read; None forgets it."""
    return save_value(known_shelf(portal), str(portal.id), known)


def known_shelf(portal: Portal) -> NetworkName:
    """Apart from what adapters save: a space is in no network's name."""
    return NetworkName(f"{portal.key.network} history")


def close_gap(portal: PortalID) -> sql.Rows:
    """The operation that ends a gap."""
    return sql.Rows((_CLOSE, [{"portal": portal}]))


def _save(connection: Connection, gap: Gap) -> None:
    values = {"portal": gap.portal, "after": gap.after, "next": gap.next, "last": gap.last}
    sql.run(connection, _SAVE, [values])


def _gap(row: Row[Any]) -> Gap:
    after = None if row.after is None else MessageID(row.after)
    return Gap(PortalID(row.portal), after, JobID(row.next), JobID(row.last))
