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
    f"{_SELECT} WHERE w.over = 0 AND EXISTS (SELECT 1 FROM reading_key k "  # noqa: S608 (ours)
    "WHERE k.session = w.session AND (k.sender = w.sender OR k.ours = 1)) "
    "ORDER BY w.at, w.event LIMIT :limit"
)
_ONE = text(f"{_SELECT} WHERE w.event = :event AND w.over = 0")
_OLD = text(f"{_SELECT} WHERE w.at <= :before AND w.over = 0 ORDER BY w.at LIMIT :limit")
_UNTOLD = text(
    f"{_SELECT} WHERE w.at <= :before AND w.over = 0 AND w.told = 0 ORDER BY w.at LIMIT :limit"
)
_TOLD_OF = text(f"{_SELECT} WHERE w.told != 0 AND w.over = 0 ORDER BY w.at LIMIT :limit")
_OVER = text(f"{_SELECT} WHERE w.over != 0 ORDER BY w.at LIMIT :limit")
_HELD = text("SELECT DISTINCT session, sender FROM unread_event WHERE over != 1")
_BEFORE = text(
    "SELECT COUNT(*) AS held, MAX(CASE WHEN event = :event THEN over ELSE 0 END) AS own "
    "FROM unread_event WHERE session = :session AND sender = :sender AND over != 1"
)
_SESSION = text(
    "SELECT session FROM unread_event WHERE event = :event AND sender = :sender AND over IN (0, 2)"
)
_WAITS = text("SELECT 1 AS found FROM unread_event WHERE event = :event AND over IN (0, 2)")
_ROOMS = text(
    "SELECT room, MAX(at) AS latest FROM unread_event WHERE over = 0 "
    "GROUP BY room ORDER BY latest DESC LIMIT :limit"
)
_COUNT = text("SELECT COUNT(*) AS waiting, MIN(at) AS oldest FROM unread_event WHERE over = 0")
_KEEP = sql.insert(tables.unread_event, *_COLUMNS)
_TOLD = sql.update(tables.unread_event, "told", "notice", keys=["event"])
_WHY = sql.update(tables.unread_event, "why", keys=["session", "sender"])
_TAKEN = text(
    "UPDATE unread_event SET over = :over, told = :told WHERE event = :event AND over = 0"
)
_REDACTED = text(
    "UPDATE unread_event SET over = 3 WHERE event = :event AND room = :room AND over != 1"
)
_SPLIT = (
    text("DELETE FROM unread_event WHERE event = :event AND over = 2 AND notice = ''"),
    text("UPDATE unread_event SET over = 1 WHERE event = :event AND over = 2"),
)
_PENDING = 'SELECT 1 AS found FROM "transaction" WHERE body IS NOT NULL AND digest IN'
_UNDER_WAY = text("SELECT 1 AS found FROM job WHERE source = :event AND dead = 0 LIMIT 1")
_FORGET = sql.delete(tables.unread_event, "event")
BATCH = 200
TOLD, SETTLED = 1, 2  # that it waits; what became of that
TAKEN, REDACTED = 2, 3  # of `over`: see the table


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

    async def told_of(self) -> list[Unread]:
        """Those whose senders know, and that still wait."""
        return [_unread(row) for row in await self._reader.all(_TOLD_OF, {"limit": BATCH})]

    async def rooms(self) -> list[tuple[RoomID, Millis]]:
        """In which rooms some wait, and when the last of them came."""
        rows = await self._reader.all(_ROOMS, {"limit": BATCH})
        return [(RoomID(row.room), row.latest) for row in rows]

    async def held(self) -> set[tuple[str, UserID]]:
        """The sessions, and whose, of which something waits or was taken in again a moment ago."""
        return {(row.session, UserID(row.sender)) for row in await self._reader.all(_HELD)}

    async def before(self, event: EventID, session: str, sender: UserID) -> tuple[int, int]:
        """How many of a session wait or were taken in again, and what of `event` is `over`."""
        values = {"event": event, "session": session, "sender": sender}
        row = await self._reader.first(_BEFORE, values)
        return (0, 0) if row is None else (int(row.held), int(row.own or 0))

    async def session_of(self, event: EventID, sender: UserID) -> str | None:
        """Which key something of theirs waits for, or was taken in again by a moment ago."""
        row = await self._reader.first(_SESSION, {"event": event, "sender": sender})
        return row and str(row.session)

    async def of(self, event: EventID) -> Unread | None:
        """The event, if it waits for its key."""
        row = await self._reader.first(_ONE, {"event": event})
        return row and _unread(row)

    async def waits(self, event: EventID) -> bool:
        """Whether it waits for its key, or was taken in again a moment ago."""
        return await self._reader.first(_WAITS, {"event": event}) is not None

    async def over(self) -> list[Unread]:
        """Those that wait no longer, but have not ended."""
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


def withheld(session: str, sender: UserID, why: str) -> Change:
    """Its sender has the key and does not give it to us."""
    return (_WHY, [{"session": session, "sender": sender, "why": why}])


def split_again(events: Sequence[EventID]) -> list[Change]:
    """These were taken in again, and are in their lanes by the same commit: others may follow."""
    return [(statement, [{"event": event} for event in events]) for statement in _SPLIT]


def redact_unread(room: RoomID, event: EventID) -> Change:
    """Its sender, or a moderator, took it back before it could be read: it is bridged no more."""
    return (_REDACTED, [{"room": room, "event": event}])


def forget_unread(event: EventID) -> Change:
    return (_FORGET, [{"event": event}])


@dataclass(frozen=True, slots=True)
class TakeAgain:
    """It is accepted once more, as a transaction of its own, and waits no longer. What is said
    behind it waits until that is split.

    `given_up`: its key has not come. Result: that transaction's row; None: it was accepted before.
    """

    rank: ClassVar[int] = 0
    keep: ClassVar[bool] = False
    event: EventID
    accept: AcceptTransaction
    given_up: bool = False

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[TakeAgain]) -> Sequence[int | None]:
        rows = AcceptTransaction.apply(connection, [one.accept for one in operations])
        taken = [
            {"event": one.event, "over": TAKEN, "told": SETTLED if one.given_up else TOLD}
            for one in operations
        ]
        sql.run(connection, _TAKEN, taken)
        return rows
