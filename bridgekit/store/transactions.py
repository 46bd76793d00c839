"""Transactions that were accepted and not split to lanes yet, read back at start-up."""

from __future__ import annotations

from sqlalchemy import text

from bridgekit.models import StoredTransaction
from bridgekit.store.store import Reader

_UNREAD = text('SELECT id, txn, body FROM "transaction" WHERE body IS NOT NULL ORDER BY id')


async def unread(reader: Reader) -> list[StoredTransaction]:
    """Oldest first."""
    return [StoredTransaction(row.id, row.txn, row.body) for row in await reader.all(_UNREAD)]
