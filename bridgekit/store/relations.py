"""What was done to messages (edits, reactions, votes, pins), and which of them are gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, text

from bridgekit.ids import EventID, LoginID, MessageID, PortalID
from bridgekit.models import Millis
from bridgekit.relations import Relation, RelationKind
from bridgekit.store import kind_tables, sql
from bridgekit.store.reader import Reader

_COLUMNS = "portal, event, kind, message, sender, value, login"
_BY_EVENT = text(
    f"SELECT {_COLUMNS} FROM relation WHERE portal = :portal AND event = :event"  # noqa: S608 (ours)
)
_ABOUT = text(
    f"SELECT {_COLUMNS} FROM relation "  # noqa: S608 (names of ours)
    "WHERE portal = :portal AND message = :message AND kind = :kind ORDER BY at, event"
)
_GONE = text("SELECT 1 FROM tombstone WHERE portal = :portal AND target = :target")
_SAVE = sql.upsert(
    kind_tables.relation, "portal", "event", "kind", "message", "sender", "value", "login", "at"
)
_FORGET = sql.delete(kind_tables.relation, "portal", "event")
_TOMBSTONE = sql.insert(kind_tables.tombstone, "portal", "target", "at")


class Relations:
    """Relations and tombstones, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def of_event(self, portal: PortalID, event: EventID) -> Relation | None:
        """What an event did to a message."""
        row = await self._reader.first(_BY_EVENT, {"portal": portal, "event": event})
        return row and _relation(row)

    async def about(
        self, portal: PortalID, message: MessageID, kind: RelationKind
    ) -> list[Relation]:
        """What was done to a message in this way, in order."""
        values = {"portal": portal, "message": message, "kind": kind.value}
        return [_relation(row) for row in await self._reader.all(_ABOUT, values)]

    async def gone(self, portal: PortalID, target: str) -> bool:
        """Whether this message or event was deleted."""
        row = await self._reader.first(_GONE, {"portal": portal, "target": target})
        return row is not None


def save_relations(relations: Iterable[Relation], at: Millis) -> sql.Rows:
    """The operation that remembers what was done."""
    return sql.Rows(
        (
            _SAVE,
            [
                {"portal": one.portal, "event": one.event, "kind": one.kind.value}
                | {"message": one.message, "sender": sql.plain(one.sender)}
                | {"value": sql.plain(one.value), "login": one.login or "", "at": at}
                for one in relations
            ],
        )
    )


def forget_relations(portal: PortalID, events: Iterable[EventID]) -> sql.Rows:
    """The operation that takes back what these events did."""
    return sql.Rows((_FORGET, [{"portal": portal, "event": event} for event in events]))


def save_tombstones(portal: PortalID, targets: Sequence[str], at: Millis) -> sql.Rows:
    """The operation that remembers that these messages or events are gone."""
    return sql.Rows(
        (_TOMBSTONE, [{"portal": portal, "target": target, "at": at} for target in targets])
    )


def _relation(row: Row[Any]) -> Relation:
    return Relation(
        portal=PortalID(row.portal),
        event=EventID(row.event),
        kind=RelationKind(row.kind),
        message=MessageID(row.message),
        sender=row.sender,
        value=row.value,
        login=LoginID(row.login) if row.login else None,
    )
