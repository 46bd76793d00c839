"""What waits and what has failed, with why: for people who look at the queue as a whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from bridgekit.ids import JobID
from bridgekit.models import Direction, Fate, Lane, Millis
from bridgekit.store import jobs, sql
from bridgekit.store.reader import PAGE, Reader

_FACTS = (
    "job.id, job.direction, job.owner, job.kind, job.source, job.received_at, job.attempts, "
    "job.not_before, job.dead, job.error, outcome.reason, outcome.steps"
)
_FROM = (
    "FROM job LEFT JOIN outcome ON outcome.job = job.id WHERE job.dead = :dead AND job.id > :after "
    "ORDER BY job.id LIMIT :limit"
)
_WITHOUT = text(f"SELECT {_FACTS}, '' AS body {_FROM}")
_WITH = text(f"SELECT {_FACTS}, job.body AS body {_FROM}")


@dataclass(frozen=True, slots=True)
class Queued:
    """`reason`, `tries` and `fate` are of what failed; `body` is "" where nobody asked for it."""

    id: JobID
    lane: Lane
    kind: str
    source: str
    received_at: Millis
    attempts: int
    not_before: Millis
    dead: bool
    error: str
    reason: str
    fate: Fate | None
    body: str


async def queued(reader: Reader, *, bodies: bool) -> AsyncIterator[Queued]:
    """The failed first, each in the order in which they came; as many as there are."""
    for dead in (1, 0):
        after = 0
        while True:
            values = {"dead": dead, "after": after, "limit": PAGE}
            rows = await reader.scan(_WITH if bodies else _WITHOUT, values)
            for row in rows:
                yield _queued(row)
            if len(rows) < PAGE:
                break
            after = rows[-1].id


def revive_all(found: Sequence[JobID], at: Millis) -> sql.Rows:
    """The operation that gives dead jobs another life, all in one commit, in their order."""
    return _together([jobs.revive(one, at) for one in sorted(found)])


def drop_all(found: Sequence[JobID]) -> sql.Rows:
    """The operation that gives dead jobs up, all in one commit."""
    return _together([jobs.drop(one) for one in sorted(found)])


def _together(operations: Sequence[sql.Rows]) -> sql.Rows:
    return sql.Rows(*(change for one in operations for change in one.changes))


def _queued(row: Row[Any]) -> Queued:
    record: dict[str, Any] = json.loads(row.steps) if row.dead and row.steps else {}
    return Queued(
        id=JobID(row.id),
        lane=Lane(Direction(row.direction), row.owner),
        kind=row.kind,
        source=row.source,
        received_at=row.received_at,
        attempts=max(row.attempts, len(record.get("tries", ()))),
        not_before=row.not_before,
        dead=bool(row.dead),
        error=row.error or "",
        reason=row.reason if row.dead and row.reason else "",
        fate=Fate(record["fate"]) if record.get("fate") else None,
        body=row.body,
    )
