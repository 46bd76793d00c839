"""Transactions read back at start-up: those not split to lanes yet, and what the last ones were."""

from __future__ import annotations

from sqlalchemy import text

from bridgekit.models import StoredTransaction
from bridgekit.store.reader import Reader

_UNREAD = text('SELECT id, txn, body FROM "transaction" WHERE body IS NOT NULL ORDER BY id')
_RECENT = text('SELECT txn, digest FROM "transaction" ORDER BY id DESC LIMIT :limit')


async def unread(reader: Reader) -> list[StoredTransaction]:
    """Oldest first."""
    return [StoredTransaction(row.id, row.txn, row.body) for row in await reader.all(_UNREAD)]


async def recent(reader: Reader, limit: int) -> dict[str, str]:
    """What the last transactions held, by their IDs, oldest first; of an ID the last one."""
    rows = await reader.all(_RECENT, {"limit": limit})
    found: dict[str, str] = {}
    for row in rows:
        found.setdefault(row.txn, row.digest)
    return dict(reversed(found.items()))
