"""What people said in encrypted rooms and nobody can read yet: kept, taken in again, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, text

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.models import Millis
from bridgekit.store import encryption_tables as tables
from bridgekit.store import sql
from bridgekit.store.encryption import Change
from bridgekit.store.intake import AcceptTransaction
from bridgekit.store.reader import Reader

_COLUMNS = ("event", "room", "session", "sender", "body", "at", "why")
_SELECT = (
    "SELECT w.event, w.room, w.session, w.sender, w.body, w.at, w.why, w.notice, w.told "
    "FROM unread_event w"
)
_READABLE = text(
    f"{_SELECT} JOIN reading_key k ON k.session = w.session WHERE w.over = 0 "
    "ORDER BY w.at, w.event LIMIT :limit"
)
_OLD = text(f"{_SELECT} WHERE w.at <= :before AND w.over = 0 ORDER BY w.at LIMIT :limit")
_UNTOLD = text(
    f"{_SELECT} WHERE w.at <= :before AND w.over = 0 AND w.told = 0 ORDER BY w.at LIMIT :limit"
)
_OVER = text(f"{_SELECT} WHERE w.over = 1 ORDER BY w.at LIMIT :limit")
_COUNT = text("SELECT COUNT(*) AS waiting, MIN(at) AS oldest FROM unread_event WHERE over = 0")
_KEEP = sql.insert(tables.unread_event, *_COLUMNS)
_TOLD = sql.update(tables.unread_event, "told", "notice", keys=["event"])
_WHY = sql.update(tables.unread_event, "why", keys=["session"])
_NO_MORE = sql.update(tables.unread_event, "over", "told", keys=["event"])
_PENDING = 'SELECT 1 AS found FROM "transaction" WHERE body IS NOT NULL AND digest IN'
_UNDER_WAY = text("SELECT 1 AS found FROM job WHERE source = :event AND dead = 0 LIMIT 1")
_FORGET = sql.delete(tables.unread_event, "event")
BATCH = 200
TOLD, SETTLED = 1, 2  # that it waits; what became of that


@dataclass(frozen=True, slots=True)
class Unread:
    """`session` is the key that it waits for; "": nothing that may come.

    `notice` is the event by which its sender was told, and `told` what of: `TOLD`, or `SETTLED`.
    """

    event: EventID
    room: RoomID
    session: str
    sender: UserID
    body: str
    at: Millis
    why: str
    notice: str = ""
    told: int = 0


class UnreadEvents:
    """Read, oldest first, so many at a time."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def readable(self) -> list[Unread]:
        """Those whose key has come."""
        return [_unread(row) for row in await self._reader.all(_READABLE, {"limit": BATCH})]

    async def old(self, before: Millis) -> list[Unread]:
        """Those that have waited since then."""
        values = {"before": before, "limit": BATCH}
        return [_unread(row) for row in await self._reader.all(_OLD, values)]

    async def untold(self, before: Millis) -> list[Unread]:
        """Those of them whose senders do not know."""
        values = {"before": before, "limit": BATCH}
        return [_unread(row) for row in await self._reader.all(_UNTOLD, values)]

    async def over(self) -> list[Unread]:
        """Those of which only the notice is left."""
        return [_unread(row) for row in await self._reader.all(_OVER, {"limit": BATCH})]

    async def under_way(self, event: EventID, digests: Sequence[str]) -> bool:
        """Whether one that was taken in again, as one of these transactions, has not ended yet."""
        for query, values in sql.among(_PENDING, digests):
            if await self._reader.all(query, values):
                return True
        return await self._reader.first(_UNDER_WAY, {"event": event}) is not None

    async def waiting(self) -> int:
        return (await self.summary())[0]

    async def summary(self) -> tuple[int, Millis]:
        """How many wait, and since when the oldest does."""
        row = await self._reader.first(_COUNT)
        return (0, 0) if row is None else (int(row.waiting), int(row.oldest or 0))


def _unread(row: Row[Any]) -> Unread:
    at, waits_for = row.at, (row.session, row.sender, row.body)
    return Unread(row.event, row.room, *waits_for, at, row.why, row.notice, row.told)


def keep_unread(some: Sequence[Unread]) -> Change:
    return (_KEEP, [{name: getattr(one, name) for name in _COLUMNS} for one in some])


def told(event: EventID, notice: str) -> Change:
    return (_TOLD, [{"event": event, "told": TOLD, "notice": notice}])


def settled(one: Unread) -> Change:
    """Its sender knows what became of it."""
    return (_TOLD, [{"event": one.event, "told": SETTLED, "notice": one.notice}])


def withheld(session: str, why: str) -> Change:
    """Whoever has the key does not give it to us."""
    return (_WHY, [{"session": session, "why": why}])


def forget_unread(event: EventID) -> Change:
    return (_FORGET, [{"event": event}])


@dataclass(frozen=True, slots=True)
class TakeAgain:
    """It is accepted once more, as a transaction of its own, and waits no longer.

    `given_up`: its key has not come. Result: that transaction's row; None: it was accepted before.
    """

    rank: ClassVar[int] = 0
    keep: ClassVar[bool] = False
    event: EventID
    accept: AcceptTransaction
    notice: str
    given_up: bool = False

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[TakeAgain]) -> Sequence[int | None]:
        rows = AcceptTransaction.apply(connection, [one.accept for one in operations])
        bare = [{"event": one.event} for one in operations if not one.notice]
        sql.run(connection, _FORGET, bare)
        shown = [
            {"event": one.event, "over": 1, "told": SETTLED if one.given_up else TOLD}
            for one in operations
            if one.notice
        ]
        sql.run(connection, _NO_MORE, shown)
        return rows
