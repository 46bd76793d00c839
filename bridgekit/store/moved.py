"""The IDs that chats went by before: what still comes under them is theirs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text, text

from bridgekit.ids import PortalID, PortalKey
from bridgekit.models import Portal
from bridgekit.store import sql, tables
from bridgekit.store.reader import Reader

moved = Table(
    "moved",
    tables.metadata,
    Column("network", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("receiver", Text, primary_key=True),
    Column("portal", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

_MOVE = sql.update(tables.portal, "chat", keys=["id"])
_SAVE = sql.upsert(moved, "network", "chat", "receiver", "portal")
_FORGET = sql.delete(moved, "network", "chat", "receiver")
_FIND = text(
    "SELECT portal FROM moved WHERE network = :network AND chat = :chat AND receiver = :receiver"
)


class MovedRows:
    """Earlier IDs, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def portal(self, key: PortalKey) -> PortalID | None:
        """The portal of the chat that went by this ID before."""
        row = await self._reader.first(_FIND, _key(key))
        return row and PortalID(row.portal)


def save_moved(old: Portal, new: Portal, taken: Portal | None) -> sql.Rows:
    """The operation that gives a portal another chat ID; `taken` must let go of it."""
    let_go = [] if taken is None else [{"id": taken.id, "chat": f"moved {taken.id}"}]
    return sql.Rows(
        (_MOVE, let_go),
        (_MOVE, [{"id": new.id, "chat": new.key.chat}]),
        (_FORGET, [_key(new.key)]),
        (_SAVE, [_key(old.key) | {"portal": new.id}]),
    )


def _key(key: PortalKey) -> dict[str, str]:
    return {"network": key.network, "chat": key.chat, "receiver": key.receiver or ""}
