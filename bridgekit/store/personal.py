"""What the database holds of a person on Matrix, besides their logins: found, and taken out.

Both read whole tables, in the background of everything else.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, text

from bridgekit.codec import BrokenRecord, load_event
from bridgekit.ids import JobID, NetworkName, UserID
from bridgekit.store import sql
from bridgekit.store.jobs import drop
from bridgekit.store.reader import PAGE, Reader

_LINKS = text(
    "SELECT portal, message, part, event, at FROM link WHERE sender = :sender "
    "AND (portal, message, part) > (:portal, :message, :part) "
    "ORDER BY portal, message, part LIMIT :limit"
)
_RELATIONS = text(
    "SELECT portal, event, kind, message, value, at FROM relation WHERE sender = :sender "
    "AND (portal, event) > (:portal, :event) ORDER BY portal, event LIMIT :limit"
)
# Of what failed for good the text is kept, so that it can be tried again.
_FAILED = text(
    "SELECT id, kind, source, body, received_at FROM job WHERE dead = 1 "
    "AND direction IN ('to_network', 'control') AND id > :id ORDER BY id LIMIT :limit"
)
_PENDING = text("SELECT portal, txn, event, at FROM pending WHERE sender = :sender")
_RECEIPTS = text('SELECT portal, target, at FROM receipt WHERE "user" = :sender')
_UNLINK = text(
    "UPDATE link SET sender = '' WHERE portal = :portal AND message = :message AND part = :part"
)
_UNRELATE = text("UPDATE relation SET sender = '' WHERE portal = :portal AND event = :event")
_UNPEND = text("UPDATE pending SET sender = '' WHERE portal = :portal AND txn = :txn")
_TOKENS = text(
    "SELECT name, scopes, made_at, expires, used_at FROM api_token WHERE owner = :sender "
    "ORDER BY made_at, name"
)
_NAMES = text("SELECT key FROM value WHERE network = :place AND value = :sender ORDER BY key")
_FORGET_RECEIPTS = text('DELETE FROM receipt WHERE "user" = :sender')
_FORGET_TOKENS = text("DELETE FROM api_token WHERE owner = :sender")
_FORGET_NAMES = text("DELETE FROM value WHERE network = :place AND value = :sender")

AT_ONCE = 500
RELAYED_NAMES = NetworkName("relayed names")
"""Where it is kept whose name is whose in a room, beside what adapters keep: a space is in no
network's name.
"""


@dataclass(frozen=True, slots=True)
class Trace:
    """One row about something that they said or did: its table, and what is in it."""

    table: str
    row: dict[str, str | int]


class PersonalRows:
    """The traces of a person."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def traces(self, user: UserID) -> AsyncIterator[Trace]:
        """All of them."""
        first: dict[str, str | int] = {"portal": 0, "message": "", "part": -1}
        async for row in self._paged(_LINKS, user, first):
            yield Trace("link", dict(row._mapping))  # noqa: SLF001 (documented, for all its name)
        async for row in self._paged(_RELATIONS, user, {"portal": 0, "event": ""}):
            yield Trace("relation", dict(row._mapping))  # noqa: SLF001 (as above)
        async for row in self._paged(_FAILED, user, {"id": 0}):
            failed = _failed(row, user)
            if failed is not None:
                yield failed
        for table, statement in (("pending", _PENDING), ("receipt", _RECEIPTS)):
            for row in await self._reader.scan(statement, {"sender": user}):
                yield Trace(table, dict(row._mapping))  # noqa: SLF001 (as above)

    async def tokens(self, user: UserID) -> list[dict[str, str | int]]:
        """The tokens that programs have from them, which are nowhere but with them."""
        rows = await self._reader.scan(_TOKENS, {"sender": user})
        return [dict(row._mapping) for row in rows]  # noqa: SLF001 (documented, for all its name)

    async def named_in(self, user: UserID) -> list[str]:
        """The rooms in which a name is theirs when a relay speaks for them."""
        rows = await self._reader.scan(_NAMES, {"sender": user, "place": RELAYED_NAMES})
        return sorted({row.key.partition(" ")[0] for row in rows})

    async def _paged(
        self, statement: TextClause, user: UserID, place: dict[str, str | int]
    ) -> AsyncIterator[Row[tuple[object, ...]]]:
        while True:
            rows = await self._reader.scan(statement, {"sender": user, "limit": PAGE, **place})
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            place = {name: getattr(rows[-1], name) for name in place}


def _failed(row: Row[Any], user: UserID) -> Trace | None:
    """What somebody said that failed for good; None if somebody else did."""
    try:
        event = load_event(row.body)
    except BrokenRecord:
        return None
    if event.get("sender") != user:
        return None
    said = json.dumps(event.get("content"), ensure_ascii=False)
    about = {"event": row.source, "kind": row.kind, "at": row.received_at, "content": said}
    return Trace("job", {"id": row.id, **about})


def take_out(user: UserID, traces: Sequence[Trace]) -> sql.Rows:
    """The change that leaves these without a name: what others answered to them goes on to work.

    What failed for good, their tokens and names go with it.
    """
    statements = {"link": _UNLINK, "relation": _UNRELATE, "pending": _UNPEND}
    changes = [
        (statement, [trace.row for trace in traces if trace.table == table])
        for table, statement in statements.items()
    ]
    failed = [drop(JobID(int(trace.row["id"]))) for trace in traces if trace.table == "job"]
    return sql.Rows(
        *changes,
        *(change for one in failed for change in one.changes),
        (_FORGET_RECEIPTS, [{"sender": user}]),
        (_FORGET_TOKENS, [{"sender": user}]),
        (_FORGET_NAMES, [{"sender": user, "place": RELAYED_NAMES}]),
    )
