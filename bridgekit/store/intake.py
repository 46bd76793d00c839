"""Taking things in: homeserver transactions, and jobs from either side.

What was received before is known by its keys and not taken twice; the rest of its batch is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import ClassVar

from sqlalchemy import Connection

from bridgekit.ids import JobID, LoginID, PortalID
from bridgekit.membership.ranks import Standing
from bridgekit.models import Draft, Millis, SetAside, Want
from bridgekit.public_links import Redacted
from bridgekit.store import sql, tables
from bridgekit.store.encryption import Change
from bridgekit.store.gaps import take_places
from bridgekit.store.media import apply_redactions
from bridgekit.store.members import apply_wants
from bridgekit.store.receipts import ReadUpTo, apply_receipts
from bridgekit.store.standings import apply_standings

_TRANSACTION = sql.insert(tables.transaction, "id", "txn", "digest", "body", "at")
_TRANSACTION_DONE = sql.update(tables.transaction, "body", keys=["id"])
_JOB = sql.insert(
    tables.job,
    *("id", "direction", "owner", "key", "kind", "body", "source", "received_at", "stored_at"),
    "target",
)
_SEEN = sql.insert(tables.seen, "key", "at")
_SET_ASIDE = sql.insert(tables.set_aside, "key", "origin", "body", "why", "at")
_CURSOR = sql.update(tables.login, "cursor", keys=["id"])


@dataclass(frozen=True, slots=True)
class AcceptTransaction:
    """Store a transaction. Result: its row's ID, or None if it is a repetition."""

    rank: ClassVar[int] = 0
    keep: ClassVar[bool] = False
    txn: str
    digest: str
    body: str | None  # None: the same commit splits it
    at: Millis

    @classmethod
    def apply(
        cls, connection: Connection, operations: Sequence[AcceptTransaction]
    ) -> Sequence[int | None]:
        known = sql.existing(
            connection, tables.transaction, "digest", {one.digest for one in operations}
        )
        fresh = [_new(one.digest, (one.digest,), known) for one in operations]
        results = sql.numbered(connection, "transaction", fresh)
        sql.run(
            connection,
            _TRANSACTION,
            [
                {"id": number, "txn": sql.plain(one.txn), "digest": one.digest}
                | {"body": one.body, "at": one.at}
                for number, one in zip(results, operations, strict=True)
                if number is not None
            ],
        )
        return results


@dataclass(frozen=True, slots=True)
class Put:
    """Jobs to their lanes, with all that must be in the same commit as they.

    Result: the ID of each draft, or None for one that was received before. What waits already, and
    is moved to a place that is kept for the past, is answered with that.
    """

    rank: ClassVar[int] = 1
    keep: ClassVar[bool] = False
    drafts: Sequence[Draft] = ()
    at: Millis = 0
    done: int | None = None  # the transaction that is split to lanes hereby
    cursor: tuple[LoginID, str] | None = None
    wants: Sequence[Want] = ()
    standings: Sequence[Standing] = ()
    set_aside: Sequence[SetAside] = ()
    receipts: Sequence[ReadUpTo] = ()
    redacted: Sequence[Redacted] = ()  # nobody may read any more what these showed
    also: Sequence[Change] = ()  # what reading encrypted events has changed
    past_of: PortalID | None = None  # the drafts take the places that are kept for its past

    @classmethod
    def apply(
        cls, connection: Connection, operations: Sequence[Put]
    ) -> Sequence[tuple[JobID | None, ...]]:
        drafts = [(draft, one.at) for one in operations for draft in one.drafts]
        known = sql.existing(
            connection, tables.seen, "key", {key for draft, _ in drafts for key in draft.seen}
        ) | sql.existing(connection, tables.job, "key", {draft.key for draft, _ in drafts})
        fresh = [_new(draft.key, draft.seen, known) for draft, _ in drafts]
        numbers = _numbers(connection, operations, fresh)
        taken = [
            (number, draft, at)
            for number, (draft, at), new in zip(numbers, drafts, fresh, strict=True)
            if number is not None and new
        ]
        seen = [{"key": key, "at": at} for _, draft, at in taken for key in draft.seen]
        sql.run(connection, _SEEN, seen)
        sql.run(connection, _JOB, [_row(JobID(number), draft, at) for number, draft, at in taken])
        _rest(connection, operations)
        rest = iter(None if number is None else JobID(number) for number in numbers)
        return [tuple(islice(rest, len(one.drafts))) for one in operations]


@dataclass(frozen=True, slots=True)
class Take:
    """Store a transaction and the jobs that it becomes. Result: as of `Put`, or None if it is a
    repetition, of which nothing is put.
    """

    rank: ClassVar[int] = 1
    keep: ClassVar[bool] = False
    transaction: AcceptTransaction
    put: Put

    @classmethod
    def apply(
        cls, connection: Connection, operations: Sequence[Take]
    ) -> Sequence[tuple[JobID | None, ...] | None]:
        rows = AcceptTransaction.apply(connection, [one.transaction for one in operations])
        new = [one.put for one, row in zip(operations, rows, strict=True) if row is not None]
        jobs = iter(Put.apply(connection, new))
        return [None if row is None else next(jobs) for row in rows]


def _new(key: str, seen: Sequence[str], known: set[str]) -> bool:
    """Whether none of its keys is known; from now on they all are."""
    if key in known or not known.isdisjoint(seen):
        return False
    known.update(seen, (key,))
    return True


def _numbers(
    connection: Connection, operations: Sequence[Put], fresh: Sequence[bool]
) -> list[int | None]:
    """A place in their lanes for those that are fresh, and for what is moved."""
    each, new = iter(fresh), dict[str, int]()
    kept: list[int | None] = []
    for one in operations:
        own = list(zip((draft.key for draft in one.drafts), each, strict=False))
        if one.past_of is None:
            new.update((key, len(kept) + at) for at, (key, is_fresh) in enumerate(own) if is_fresh)
            kept += [None] * len(own)
            continue
        places = take_places(connection, one.past_of, own, new.keys())
        for (key, _), place in zip(own, places, strict=True):
            comes = new.get(key)  # in this commit: that draft is the one that is stored
            if comes is not None and place is not None:
                kept[comes] = place
            kept.append(place if comes is None else None)
    drawn = sql.numbered(
        connection, "job", [new and place is None for new, place in zip(fresh, kept, strict=True)]
    )
    return [place or number for place, number in zip(kept, drawn, strict=True)]


def _row(job: JobID, draft: Draft, at: Millis) -> dict[str, object]:
    return {
        "id": job,
        "direction": draft.lane.direction.value,
        "owner": draft.lane.owner,
        "key": draft.key,
        "kind": draft.kind,
        "body": draft.body,
        "source": draft.source,
        "received_at": draft.received_at,
        "stored_at": at,
        "target": draft.target,
    }


def _rest(connection: Connection, operations: Sequence[Put]) -> None:
    sql.run(
        connection,
        _TRANSACTION_DONE,
        [{"id": one.done, "body": None} for one in operations if one.done is not None],
    )
    sql.run(
        connection,
        _CURSOR,
        [{"id": one.cursor[0], "cursor": one.cursor[1]} for one in operations if one.cursor],
    )
    apply_wants(connection, [want for one in operations for want in one.wants])
    apply_standings(connection, [each for one in operations for each in one.standings])
    apply_receipts(connection, [each for one in operations for each in one.receipts])
    apply_redactions(connection, [each for one in operations for each in one.redacted])
    for one in operations:
        for statement, rows in one.also:
            sql.run(connection, statement, rows)
    sql.run(
        connection,
        _SET_ASIDE,
        [_aside(item) for one in operations for item in one.set_aside],
    )


def _aside(item: SetAside) -> dict[str, object]:
    body, origin, why = sql.plain(item.body), sql.plain(item.origin), sql.plain(item.why)
    # Without its time: what comes again, as in a gap fill, is kept once.
    key = sha256(json.dumps([origin, body]).encode()).hexdigest()
    return {"key": key, "origin": origin, "body": body, "why": why, "at": item.at}
