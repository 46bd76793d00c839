"""The IDs that chats went by before: what still comes under them is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Connection, Table, Text, text

from bridgekit.ids import PortalID, PortalKey
from bridgekit.models import Portal, PortalState
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

_TAKEN = text(
    "SELECT id, state FROM portal "
    "WHERE network = :network AND chat = :chat AND receiver = :receiver AND id <> :id"
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


@dataclass(frozen=True, slots=True)
class MovePortal:
    """Give a portal another chat ID. Result: whether it was free.

    A portal without a room lets go of it; whether there is one is known in the commit alone, since
    what is said under the new ID makes one.
    """

    rank: ClassVar[int] = 0  # before portals are made: one for the new ID is this one then
    keep: ClassVar[bool] = False
    old: Portal
    new: Portal

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[MovePortal]) -> Sequence[bool]:
        return [_moved(connection, one) for one in operations]


def _moved(connection: Connection, move: MovePortal) -> bool:
    portal, key = move.new.id, _key(move.new.key)
    taken = sql.one(connection, _TAKEN, key | {"id": portal}).first()
    if taken is not None:
        if taken.state != PortalState.NEW.value:
            return False
        sql.run(connection, _MOVE, [{"id": taken.id, "chat": f"moved {taken.id}"}])
    sql.run(connection, _MOVE, [{"id": portal, "chat": move.new.key.chat}])
    sql.run(connection, _FORGET, [key])
    sql.run(connection, _SAVE, [_key(move.old.key) | {"portal": portal}])
    return True


def _key(key: PortalKey) -> dict[str, str]:
    return {"network": key.network, "chat": key.chat, "receiver": key.receiver or ""}
