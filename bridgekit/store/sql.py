"""The few shapes of SQL that the operations are made of, as text that both databases understand.

Built once at import: building a statement costs four times as much as running it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Connection, Table, TextClause, bindparam, text

R = TypeVar("R")
CHUNK = 500


def insert(table: Table, *columns: str) -> TextClause:
    """Insert; a row whose key exists already is left as it is."""
    return text(f"{_insert(table, columns)} ON CONFLICT DO NOTHING")


def upsert(table: Table, *columns: str, update: Sequence[str] = ()) -> TextClause:
    """Insert, or give the row of the same primary key these values (of `update`: only those)."""
    keys = [column.name for column in table.primary_key]
    changed = update or [name for name in columns if name not in keys]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
    conflict = ", ".join(f'"{key}"' for key in keys)
    return text(f"{_insert(table, columns)} ON CONFLICT ({conflict}) DO UPDATE SET {sets}")


def _insert(table: Table, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(f":{name}" for name in columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({values})'  # noqa: S608 (names of ours)


def delete(table: Table, *keys: str) -> TextClause:
    where = " AND ".join(f'"{key}" = :{key}' for key in keys)
    return text(f'DELETE FROM "{table.name}" WHERE {where}')  # noqa: S608 (names of ours)


def update(table: Table, *columns: str, keys: Sequence[str]) -> TextClause:
    sets = ", ".join(f'"{name}" = :{name}' for name in columns)
    where = " AND ".join(f'"{key}" = :{key}' for key in keys)
    return text(f'UPDATE "{table.name}" SET {sets} WHERE {where}')  # noqa: S608 (names of ours)


def run(connection: Connection, statement: TextClause, rows: Sequence[dict[str, Any]]) -> None:
    """Execute for each row at once; nothing for no rows."""
    if rows:
        connection.execute(statement, rows)


def existing(connection: Connection, table: Table, column: str, keys: Iterable[str]) -> set[str]:
    """Which of `keys` are there already."""
    statement = text(
        f'SELECT "{column}" FROM "{table.name}" WHERE "{column}" IN :keys'  # noqa: S608 (ours)
    ).bindparams(bindparam("keys", expanding=True))
    found: set[str] = set()
    remaining = iter(keys)
    while chunk := list(islice(remaining, CHUNK)):
        found.update(connection.scalars(statement, {"keys": chunk}))
    return found


def plain(words: str) -> str:
    """Text for people, without what no database keeps: NUL and halves of characters."""
    return words.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


_TAKE = text(
    "INSERT INTO counter (name, value) VALUES (:name, :count) "
    "ON CONFLICT (name) DO UPDATE SET value = counter.value + :count RETURNING value"
)


def take_ids(connection: Connection, name: str, count: int) -> range:
    """`count` new identifiers, drawn inside the commit that uses them."""
    last = connection.execute(_TAKE, {"name": name, "count": count}).scalar_one()
    return range(last - count + 1, last + 1)


def numbered(connection: Connection, name: str, fresh: Sequence[bool]) -> list[int | None]:
    """A new identifier for each that is fresh, in this order; None for the others."""
    count = sum(fresh)
    ids = iter(take_ids(connection, name, count) if count else ())
    return [next(ids) if new else None for new in fresh]


class Rows:
    """A change that is nothing but rows for statements; for what is not on the hot path."""

    rank: ClassVar[int] = 50
    keep: ClassVar[bool] = False

    def __init__(self, *changes: tuple[TextClause, Sequence[dict[str, Any]]]) -> None:
        self.changes = changes

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[Rows]) -> Sequence[None]:
        for operation in operations:
            for statement, rows in operation.changes:
                run(connection, statement, rows)
        return [None] * len(operations)
