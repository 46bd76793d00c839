"""The few shapes of SQL that the operations are made of, as text that both databases understand.

Each is built once, and handed to the driver as the text that it takes: building a statement, or
having SQLAlchemy look at the values, costs more than running it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, ClassVar

from sqlalchemy import Connection, CursorResult, Dialect, Table, TextClause, text

SQLITE = "sqlite"  # its driver is called at once: it needs no greenlet, and cannot lose a server
CHUNK = 512  # keys in one statement, at most


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
        words, names = _spelled(statement, connection.dialect)
        values = [tuple([row[name] for name in names]) for row in rows]
        if connection.dialect.name == SQLITE:
            connection.connection.cursor().executemany(words, values)
        else:
            connection.exec_driver_sql(words, values)


def found(
    connection: Connection, statement: TextClause, values: dict[str, Any]
) -> Sequence[Sequence[Any]]:
    """Execute, and return its rows without the names of their columns."""
    if connection.dialect.name != SQLITE:
        return one(connection, statement, values).all()
    words, names = _spelled(statement, connection.dialect)
    cursor = connection.connection.cursor()
    cursor.execute(words, [values[name] for name in names])
    return cursor.fetchall()


def one(connection: Connection, statement: TextClause, values: dict[str, Any]) -> CursorResult[Any]:
    """Execute, and return what it found."""
    words, names = _spelled(statement, connection.dialect)
    return connection.exec_driver_sql(words, tuple([values[name] for name in names]))


_SPELLED: dict[tuple[TextClause, str], tuple[str, list[str]]] = {}


def _spelled(statement: TextClause, dialect: Dialect) -> tuple[str, list[str]]:
    """As the driver takes it, and which values it takes in which order."""
    key = (statement, dialect.name)
    known = _SPELLED.get(key)
    if known is None:
        compiled = statement.compile(dialect=dialect)
        known = _SPELLED[key] = (str(compiled), list(compiled.positiontup or ()))
    return known


def existing(connection: Connection, table: Table, column: str, keys: Iterable[str]) -> set[str]:
    """Which of `keys` are there already."""
    query = f'SELECT "{column}" FROM "{table.name}" WHERE "{column}" IN'  # noqa: S608 (names of ours)
    return {row[0] for asked in among(query, keys) for row in found(connection, *asked)}


def among(query: str, keys: Iterable[Any]) -> Iterator[tuple[TextClause, dict[str, Any]]]:
    """`query`, which ends in IN, with its values: for as many keys at a time as it takes."""
    remaining = iter(keys)
    while chunk := list(islice(remaining, CHUNK)):
        # Of few lengths, by repetition: a statement that was there before is prepared already.
        chunk += chunk[-1:] * ((1 << (len(chunk) - 1).bit_length()) - len(chunk))
        yield _among(query, len(chunk)), {f"k{place}": key for place, key in enumerate(chunk)}


@cache
def _among(query: str, count: int) -> TextClause:
    return text(f"{query} ({', '.join(f':k{place}' for place in range(count))})")


def plain(words: str) -> str:
    """Text for people, without what no database keeps: NUL and halves of characters."""
    return words.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


_TAKE = text(
    "INSERT INTO counter (name, value) VALUES (:name, :count) "
    "ON CONFLICT (name) DO UPDATE SET value = counter.value + :count RETURNING value"
)


def take_ids(connection: Connection, name: str, count: int) -> range:
    """`count` new identifiers, drawn inside the commit that uses them."""
    ((last,),) = found(connection, _TAKE, {"name": name, "count": count})
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
