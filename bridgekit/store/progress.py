"""How a job gets on: its plan, the write-ahead mark, what was sent, and its end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import Connection

from bridgekit.ids import EventID, JobID, LoginID, PortalID
from bridgekit.models import Link, Millis, Outcome, Part
from bridgekit.store import sql, tables

_PART = sql.upsert(tables.part, "job", "number", "txn", "state", "body", "ids")
_PART_STATE = sql.upsert(
    tables.part, "job", "number", "txn", "state", "body", "ids", update=["state", "ids"]
)
_PARTS_GONE = sql.delete(tables.part, "job")
_JOB_GONE = sql.delete(tables.job, "id")
_JOB_DEAD = sql.update(tables.job, "dead", "error", keys=["id"])
_JOB_TRY = sql.update(tables.job, "attempts", "not_before", "error", keys=["id"])
_LINK = sql.upsert(tables.link, "portal", "message", "part", "event", "sender", "at", "login")
_PENDING = sql.upsert(tables.pending, "portal", "txn", "part", "event", "sender", "at", "login")
_PENDING_GONE = sql.delete(tables.pending, "portal", "txn")
_OUTCOME = sql.upsert(
    tables.outcome,
    *("job", "network", "direction", "owner", "kind", "source", "result", "reason", "detail"),
    *("received_at", "finished_at", "steps"),
)


@dataclass(frozen=True, slots=True)
class SaveParts:
    """The plan of a job, before its first part is sent (delivery rule 7)."""

    rank: ClassVar[int] = 2
    keep: ClassVar[bool] = False
    job: JobID
    parts: Sequence[Part]

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[SaveParts]) -> Sequence[None]:
        sql.run(
            connection, _PART, [_part(one.job, part) for one in operations for part in one.parts]
        )
        return [None] * len(operations)


@dataclass(frozen=True, slots=True)
class MarkPart:
    """A part changes state: `sending` before the call (rule 5), `sent` or `unknown` after it."""

    rank: ClassVar[int] = 4  # after the note on an earlier try, which nobody waits for
    keep: ClassVar[bool] = False
    job: JobID
    part: Part

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[MarkPart]) -> Sequence[None]:
        sql.run(connection, _PART_STATE, [_part(one.job, one.part) for one in operations])
        return [None] * len(operations)


@dataclass(frozen=True, slots=True)
class NotePart(MarkPart):
    """As `MarkPart`, for what has happened already: never given up."""

    rank: ClassVar[int] = 3
    keep: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Retry:
    """A try failed; the job stays, with when to try again and why (for people who look)."""

    rank: ClassVar[int] = 5
    keep: ClassVar[bool] = True
    job: JobID
    attempts: int
    not_before: Millis
    error: str

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[Retry]) -> Sequence[None]:
        sql.run(
            connection,
            _JOB_TRY,
            [
                {"id": one.job, "attempts": one.attempts}
                | {"not_before": one.not_before, "error": sql.plain(one.error)}
                for one in operations
            ],
        )
        return [None] * len(operations)


@dataclass(frozen=True, slots=True)
class Pending:
    """Our own message whose ID on the network comes with the echo of `txn`."""

    portal: PortalID
    txn: str
    part: int
    event: EventID
    sender: str
    login: LoginID | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a job: its links, its step record and its disappearance, in one commit.

    `bury` keeps it, body and parts, as a dead job that the operator can retry or drop.
    """

    rank: ClassVar[int] = 6
    keep: ClassVar[bool] = True
    outcome: Outcome
    links: Sequence[Link] = ()
    pending: Sequence[Pending] = ()
    settled: tuple[PortalID, str] | None = None  # the pending txn whose echo this job was
    also: Sequence[sql.Rows] = ()  # what else became so with it
    bury: bool = False

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[Finish]) -> Sequence[None]:
        sql.run(connection, _LINK, sorted(_links(operations), key=_link_key))
        _apply_pending(connection, operations)
        ended = [
            {"job": one.outcome.job, "id": one.outcome.job} for one in operations if not one.bury
        ]
        sql.run(connection, _JOB_GONE, ended)
        sql.run(connection, _PARTS_GONE, ended)
        sql.run(
            connection,
            _JOB_DEAD,
            [
                {"id": one.outcome.job, "dead": 1, "error": sql.plain(one.outcome.detail)}
                for one in operations
                if one.bury
            ],
        )
        sql.run(connection, _OUTCOME, [_outcome(one.outcome) for one in operations])
        sql.Rows.apply(connection, [rows for one in operations for rows in one.also])
        return [None] * len(operations)


def _apply_pending(connection: Connection, operations: Sequence[Finish]) -> None:
    sql.run(
        connection,
        _PENDING,
        [
            {"portal": item.portal, "txn": item.txn, "part": item.part, "event": item.event}
            | {"sender": sql.plain(item.sender), "at": one.outcome.finished_at}
            | {"login": item.login}
            for one in operations
            for item in one.pending
        ],
    )
    sql.run(
        connection,
        _PENDING_GONE,
        [
            {"portal": one.settled[0], "txn": one.settled[1]}
            for one in operations
            if one.settled is not None
        ],
    )


def _part(job: JobID, part: Part) -> dict[str, object]:
    return {
        "job": job,
        "number": part.number,
        "txn": part.txn,
        "state": part.state.value,
        "body": part.body,
        "ids": json.dumps(part.ids) if part.ids else None,
    }


def _links(operations: Sequence[Finish]) -> list[dict[str, object]]:
    return [
        {
            "portal": link.portal,
            "message": link.message,
            "part": link.part,
            "event": link.event,
            "sender": sql.plain(link.sender),
            "at": one.outcome.finished_at,
            "login": link.login,
        }
        for one in operations
        for link in one.links
    ]


def _link_key(row: dict[str, object]) -> tuple[str, ...]:
    return (str(row["portal"]), str(row["message"]), str(row["part"]))


def _outcome(outcome: Outcome) -> dict[str, object]:
    return {
        "job": outcome.job,
        "network": outcome.network,
        "direction": outcome.lane.direction.value,
        "owner": outcome.lane.owner,
        "kind": outcome.kind,
        "source": outcome.source,
        "result": outcome.result.value,
        "reason": outcome.reason,
        "detail": sql.plain(outcome.detail),
        "received_at": outcome.received_at,
        "finished_at": outcome.finished_at,
        "steps": json.dumps(
            {
                "waits": dict(outcome.waits),
                "tries": [dict(one) for one in outcome.tries],
                "targets": list(outcome.targets),
                "steps": dict(outcome.steps),
                "fate": outcome.fate,
            }
        ),
    }
