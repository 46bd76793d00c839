"""How long each kind of row is kept, and the operation that forgets what is older.

Every table has its line here (a test holds this): what an edit, a reply or a replay may still need
stays for the time that docs/operators.md promises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Column, Connection, Table, TextClause, text

from bridgekit.models import Millis
from bridgekit.store import (
    command_tables,
    encryption_tables,
    kind_tables,
    media_tables,
    people_tables,
    sql,
    tables,
)

DAY = 24 * 60 * 60 * 1000
BATCH = 500  # rows of one table in one commit: the writer is held up for milliseconds


@dataclass(frozen=True, slots=True)
class Keep:
    """Rows of `table` that meet `old`, where `:before` is `days` ago, are forgotten."""

    table: Table
    days: int
    old: str
    # What hangs on such a row, and goes in the same commit: the column that names the row.
    with_it: Column[Any] | None = None


MOST = 5_000_000  # outcomes: about 2 GB
_MANY = f"job <= (SELECT MAX(job) FROM outcome) - {MOST}"  # noqa: S608 (a number of ours)

RETENTION = (
    # A homeserver that repeats a transaction months later is still recognised (delivery rule 1).
    Keep(tables.transaction, 400, "at < :before AND body IS NULL"),
    # An event that is older than this and was never seen is set aside (delivery rule 18).
    Keep(tables.seen, 90, "at < :before"),
    Keep(kind_tables.tombstone, 90, "at < :before"),
    Keep(tables.pending, 90, "at < :before"),
    # And of the latest only so many, however busy the bridge is: jobs are numbered in order.
    Keep(tables.outcome, 90, f"finished_at < :before OR {_MANY}"),
    Keep(tables.change, 90, "at < :before"),
    # What failed for good, if nobody has retried it by then.
    Keep(tables.job, 90, "dead = 1 AND received_at < :before", with_it=tables.part.c.job),
    Keep(tables.set_aside, 90, "at < :before"),
    Keep(kind_tables.receipt, 90, "at < :before"),
    # For a while an expired link still says that it has expired, not that there never was one.
    Keep(media_tables.media_link, 30, "expires != 0 AND expires < :before"),
    Keep(media_tables.upload, 30, "at < :before"),
    Keep(command_tables.audit, 400, "at < :before"),
    Keep(command_tables.api_token, 30, "expires != 0 AND expires < :before"),
    # Words for people whom no room of ours reaches.
    Keep(people_tables.word, 30, "at < :before"),
    # A repetition of what was encrypted is over by then; so is who has which key of a room.
    Keep(encryption_tables.envelope, 2, "at < :before"),
    Keep(encryption_tables.room_key_share, 90, "at < :before"),
    # A key is used for a week at most.
    Keep(encryption_tables.room_key, 30, "made_at < :before"),
    # What nobody can read again is not read a second time either.
    Keep(encryption_tables.read_place, 400, "at < :before"),
    Keep(encryption_tables.reading_key, 400, "at < :before"),
    # Whoever is silent for that long is begun anew with. With each device there are only so many
    # (`only_latest_olm`).
    Keep(encryption_tables.olm_session, 400, "used_at < :before"),
)
# An edit of, a reply to, or a deletion of any message ever bridged finds it.
FOR_EVER = frozenset({"link", "moved", "relation"})
# What is so now, however long ago it became so.
STATE = frozenset(
    {"counter", "gap", "ghost", "login", "member", "meta", "person", "portal", "puppet"}
    | {"sign_in", "standing", "stated", "value"}
    | {"encrypted_room", "ghost_device", "own_device", "peer_device"}
    | {"to_device", "unread_event"}
)


@dataclass(frozen=True, slots=True)
class Prune:
    """Forget a batch of what is older than is promised. Result: how many rows that were."""

    rank: ClassVar[int] = 90
    keep: ClassVar[bool] = False
    rule: Keep
    now: Millis

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[Prune]) -> Sequence[int]:
        return [_forget(connection, one) for one in operations]


def _forget(connection: Connection, one: Prune) -> int:
    before = {"before": one.now - one.rule.days * DAY, "limit": BATCH}
    for statement in _STATEMENTS[one.rule]:
        gone = sql.one(connection, statement, before).rowcount
    return gone


def _statements(rule: Keep) -> list[TextClause]:
    """The last one is for the rows themselves."""
    keys = ", ".join(f'"{column.name}"' for column in rule.table.primary_key)
    row = f"({keys})" if "," in keys else keys
    old = f'SELECT {keys} FROM "{rule.table.name}" WHERE {rule.old}'  # noqa: S608 (names of ours)
    if rule.with_it is None:
        return [_delete(rule.table.name, row, f"{old} LIMIT :limit")]
    same = f"{old} ORDER BY {keys} LIMIT :limit"  # for both statements
    hanging, column = rule.with_it.table.name, rule.with_it.name
    return [_delete(hanging, f'"{column}"', same), _delete(rule.table.name, row, same)]


def _delete(table: str, row: str, old: str) -> TextClause:
    return text(f'DELETE FROM "{table}" WHERE {row} IN ({old})')  # noqa: S608 (names of ours)


_STATEMENTS = {rule: _statements(rule) for rule in RETENTION}
