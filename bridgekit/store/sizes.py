"""How large the database is, table by table, and what a prune would take out of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from bridgekit.models import Millis
from bridgekit.store.failure import DATABASE_ERRORS
from bridgekit.store.reader import Reader
from bridgekit.store.retention import DAY, RETENTION, Keep
from bridgekit.store.sqlite import sqlite_path
from bridgekit.store.tables import metadata

# `dbstat` is a table that not every SQLite has; of an index the table counts.
_IN_FILE = text(
    "SELECT tbl_name AS name, SUM(pgsize) AS bytes FROM dbstat "
    "JOIN sqlite_master USING (name) GROUP BY tbl_name"
)
_ON_SERVER = text(
    "SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class WHERE relkind = 'r'"
)
_FREE = text(
    "SELECT freelist_count * page_size AS bytes FROM pragma_freelist_count(), pragma_page_size()"
)


@dataclass(frozen=True, slots=True)
class Size:
    """Of one table. `bytes` is None where this SQLite does not tell; `old` could be forgotten."""

    table: str
    rows: int
    bytes: int | None
    old: int


async def sizes(reader: Reader, url: str, now: Millis) -> list[Size]:
    """The largest first. Reads every table."""
    known = await _bytes(reader, url)
    old = {rule.table.name: await _old(reader, rule, now) for rule in RETENTION}
    found = [
        Size(name, await _rows(reader, name), known.get(name) if known else None, old.get(name, 0))
        for name in metadata.tables
    ]
    return sorted(found, key=lambda one: (-(one.bytes or 0), -one.rows, one.table))


async def free(reader: Reader, url: str) -> int:
    """Bytes in the file that hold nothing and are filled again; a server keeps its own account."""
    if sqlite_path(url) is None:
        return 0
    row = await reader.first(_FREE)
    return 0 if row is None else int(row.bytes)


async def _bytes(reader: Reader, url: str) -> dict[str, int]:
    try:
        rows = await reader.scan(_ON_SERVER if sqlite_path(url) is None else _IN_FILE)
    except DATABASE_ERRORS:
        return {}
    return {row.name: int(row.bytes) for row in rows}


async def _rows(reader: Reader, table: str) -> int:
    (row,) = await reader.scan(text(f'SELECT COUNT(*) AS many FROM "{table}"'))  # noqa: S608 (ours)
    return int(row.many)


async def _old(reader: Reader, rule: Keep, now: Millis) -> int:
    table, before = rule.table.name, now - rule.days * DAY
    query = text(f'SELECT COUNT(*) AS many FROM "{table}" WHERE {rule.old}')  # noqa: S608 (ours)
    (row,) = await reader.scan(query, {"before": before})
    return int(row.many)
