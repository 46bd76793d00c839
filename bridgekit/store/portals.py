"""Portals and links: which chat is which room, and which message is which event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, text

from bridgekit.ids import (
    ChatID,
    EventID,
    LoginID,
    MessageID,
    NetworkName,
    PortalID,
    PortalKey,
    RoomID,
)
from bridgekit.models import Flow, Link, Portal, PortalState
from bridgekit.store import sql, tables
from bridgekit.store.store import Reader

_COLUMNS = "id, network, chat, receiver, state, room, flow, ours"
_BY_KEY = text(
    f"SELECT {_COLUMNS} FROM portal "  # noqa: S608 (names of ours)
    "WHERE network = :network AND chat = :chat AND receiver = :receiver"
)
_BY_ID = text(f"SELECT {_COLUMNS} FROM portal WHERE id = :id")  # noqa: S608 (names of ours)
_BY_ROOM = text(f"SELECT {_COLUMNS} FROM portal WHERE room = :room ORDER BY id")  # noqa: S608 (ours)
_ENTERED = text(
    f"SELECT {_COLUMNS} FROM portal "  # noqa: S608 (names of ours)
    "WHERE network = :network AND receiver = '' AND state != 'new' ORDER BY id"
)
_INSERT = sql.insert(tables.portal, "id", "network", "chat", "receiver", "state", "flow", "ours")
_SAVE = sql.update(tables.portal, "state", "room", "flow", "ours", keys=["id"])
_LINKED = text(
    "SELECT portal, message, part, event, sender FROM link "
    "WHERE portal = :portal AND message = :message ORDER BY part"
)
_PENDING = text("SELECT part, event, sender FROM pending WHERE portal = :portal AND txn = :txn")


@dataclass(frozen=True, slots=True)
class MakePortal:
    """The portal of a key, made if there is none. Result: the row as it is."""

    rank: ClassVar[int] = 0
    keep: ClassVar[bool] = False
    key: PortalKey

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[MakePortal]) -> Sequence[Portal]:
        results = []
        for one in operations:
            values = _key(one.key)
            row = connection.execute(_BY_KEY, values).first()
            if row is None:
                (number,) = sql.take_ids(connection, "portal", 1)
                fresh = {"id": number, "state": "new", "flow": "both", "ours": 0}
                connection.execute(_INSERT, values | fresh)
                row = connection.execute(_BY_KEY, values).one()
            results.append(_portal(row))
        return results


def save_portal(portal: Portal) -> sql.Rows:
    """The operation that stores what changed in a portal."""
    return sql.Rows(
        (
            _SAVE,
            [
                {"id": portal.id, "state": portal.state.value, "room": portal.room}
                | {"flow": portal.flow.value, "ours": int(portal.ours)}
            ],
        )
    )


class PortalRows:
    """Portals and links, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def by_key(self, key: PortalKey) -> Portal | None:
        row = await self._reader.first(_BY_KEY, _key(key))
        return row and _portal(row)

    async def by_id(self, portal: PortalID) -> Portal | None:
        row = await self._reader.first(_BY_ID, {"id": portal})
        return row and _portal(row)

    async def in_room(self, room: RoomID) -> tuple[Portal, ...]:
        rows = await self._reader.all(_BY_ROOM, {"room": room})
        return tuple(_portal(row) for row in rows)

    async def to_enter(self, network: NetworkName) -> list[Portal]:
        """The shared chats that the network's listener should be in."""
        return [_portal(row) for row in await self._reader.all(_ENTERED, {"network": network})]

    async def links(self, portal: PortalID, message: MessageID) -> list[Link]:
        rows = await self._reader.all(_LINKED, {"portal": portal, "message": message})
        return [_link(row) for row in rows]

    async def pending(self, portal: PortalID, txn: str) -> Link | None:
        """Our own send that awaits its ID with the echo of `txn`; its `message` is still empty."""
        row = await self._reader.first(_PENDING, {"portal": portal, "txn": txn})
        if row is None:
            return None
        return Link(portal, MessageID(""), row.part, EventID(row.event), row.sender)


def _key(key: PortalKey) -> dict[str, str]:
    return {"network": key.network, "chat": key.chat, "receiver": key.receiver or ""}


def _portal(row: Row[Any]) -> Portal:
    receiver = LoginID(row.receiver) if row.receiver else None
    return Portal(
        id=PortalID(row.id),
        key=PortalKey(NetworkName(row.network), ChatID(row.chat), receiver),
        state=PortalState(row.state),
        room=RoomID(row.room) if row.room else None,
        flow=Flow(row.flow),
        ours=bool(row.ours),
    )


def _link(row: Row[Any]) -> Link:
    return Link(
        PortalID(row.portal), MessageID(row.message), row.part, EventID(row.event), row.sender
    )
