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
    RemoteUserID,
    RoomID,
)
from bridgekit.models import Flow, Link, Portal, PortalState
from bridgekit.store import sql, tables
from bridgekit.store.gaps import save_known_past
from bridgekit.store.members import save_nowhere
from bridgekit.store.reader import Reader
from bridgekit.store.standings import save_unapplied

_COLUMNS = "id, network, chat, receiver, state, room, flow, ours, relay, since, other, former"
_BY_KEY = text(
    f"SELECT {_COLUMNS} FROM portal "  # noqa: S608 (names of ours)
    "WHERE network = :network AND chat = :chat AND receiver = :receiver"
)
_BY_ID = text(f"SELECT {_COLUMNS} FROM portal WHERE id = :id")  # noqa: S608 (names of ours)
_BY_ROOM = text(f"SELECT {_COLUMNS} FROM portal WHERE room = :room ORDER BY id")  # noqa: S608 (ours)
_CREATING = text(f"SELECT {_COLUMNS} FROM portal WHERE state = 'creating'")  # noqa: S608 (ours)
_ENTERED = text(
    "SELECT id, chat FROM portal WHERE network = :network AND receiver = '' AND state != 'new' "
    "AND id > :after ORDER BY id LIMIT :limit"
)
_BOUND = text(
    f"SELECT {_COLUMNS} FROM portal "  # noqa: S608 (names of ours)
    "WHERE state = 'bound' AND id > :after ORDER BY id LIMIT :limit"
)
_SEEN_BY = text(
    f"SELECT {_COLUMNS} FROM portal "  # noqa: S608 (names of ours)
    "WHERE network = :network AND receiver = :receiver AND state = 'bound' AND id > :after "
    "ORDER BY id LIMIT :limit"
)
_INSERT = sql.insert(tables.portal, "id", "network", "chat", "receiver", "state", "flow", "ours")
_CHANGING = ("state", "room", "flow", "ours", "relay", "since", "other", "former")
_SAVE = sql.update(tables.portal, *_CHANGING, keys=["id"])
_UNLINK = sql.delete(tables.link, "portal", "message")
_UNTIE = sql.delete(tables.link, "portal", "message", "part")
_LINKED = text(
    "SELECT portal, message, part, event, sender, at, login FROM link "
    "WHERE portal = :portal AND message = :message ORDER BY part"
)
_KNOWN = text(
    "SELECT portal, message, part, event, sender, at, login FROM link "
    "WHERE portal = :portal AND message = :message "
    "UNION ALL SELECT portal, target, -1, '', '', at, NULL FROM tombstone "
    "WHERE portal = :portal AND target = :message ORDER BY part"
)
_OF_EVENT = text(
    "SELECT portal, message, part, event, sender, at, login FROM link "
    "WHERE event = :event AND portal = :portal ORDER BY part"
)
_AWAITED = text("SELECT 1 FROM pending WHERE portal = :portal AND event = :event LIMIT 1")
_PENDING = text(
    "SELECT part, event, sender, login FROM pending WHERE portal = :portal AND txn = :txn"
)


@dataclass(frozen=True, slots=True)
class MakePortal:
    """The portal of a key, made if there is none. Result: the row as it is."""

    rank: ClassVar[int] = 1
    keep: ClassVar[bool] = False
    key: PortalKey

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[MakePortal]) -> Sequence[Portal]:
        results = []
        for one in operations:
            values = _key(one.key)
            row = sql.one(connection, _BY_KEY, values).first()
            if row is None:
                (number,) = sql.take_ids(connection, "portal", 1)
                fresh = {"id": number, "state": "new", "flow": "both", "ours": 0}
                sql.run(connection, _INSERT, [values | fresh])
                row = sql.one(connection, _BY_KEY, values).one()
            results.append(_portal(row))
        return results


def save_portal(portal: Portal) -> sql.Rows:
    """The operation that stores what changed in a portal."""
    return sql.Rows(
        (
            _SAVE,
            [
                {"id": portal.id, "state": portal.state.value, "room": portal.room}
                | {"flow": portal.flow.value, "ours": int(portal.ours), "relay": portal.relay}
                | {"since": portal.since, "other": portal.other, "former": portal.former}
            ],
        )
    )


def save_rehomed(portal: Portal) -> sql.Rows:
    """The portal, with another room or none: nobody is there, and nobody has a rank."""
    parts = (save_portal(portal), save_nowhere(portal.id), save_unapplied(portal.id))
    return sql.Rows(*(change for part in parts for change in part.changes))


def save_unbound(portal: Portal) -> sql.Rows:
    """The portal without a room: where it is linked again, its past is read anew."""
    parts = (save_rehomed(portal), save_known_past(portal, None))
    return sql.Rows(*(change for part in parts for change in part.changes))


def forget_links(portal: PortalID, messages: Sequence[MessageID]) -> sql.Rows:
    """The operation that unties these messages from their events."""
    return sql.Rows((_UNLINK, [{"portal": portal, "message": message} for message in messages]))


def forget_parts(links: Sequence[Link]) -> sql.Rows:
    """The operation that unties these events from the messages whose parts they were."""
    gone = [{"portal": one.portal, "message": one.message, "part": one.part} for one in links]
    return sql.Rows((_UNTIE, gone))


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

    async def creating(self) -> tuple[Portal, ...]:
        """Those whose room is being made, or was when an earlier process ended."""
        return tuple(_portal(row) for row in await self._reader.all(_CREATING))

    async def to_enter(self, network: NetworkName) -> list[ChatID]:
        """The shared chats that the network's listener should be in."""
        found = self._reader.paged(_ENTERED, {"network": network})
        return [ChatID(row.chat) async for row in found]

    async def bound(self, after: PortalID, limit: int) -> list[Portal]:
        """Portals that have a room, in order, from behind `after` on."""
        rows = await self._reader.all(_BOUND, {"after": after, "limit": limit})
        return [_portal(row) for row in rows]

    async def seen_by(
        self, network: NetworkName, login: LoginID, after: PortalID, limit: int
    ) -> list[Portal]:
        """The private chats of a login that have a room, behind `after`, at most `limit`."""
        values = {"network": network, "receiver": login, "after": after, "limit": limit}
        return [_portal(row) for row in await self._reader.all(_SEEN_BY, values)]

    async def links(self, portal: PortalID, message: MessageID) -> list[Link]:
        rows = await self._reader.all(_LINKED, {"portal": portal, "message": message})
        return [_link(row) for row in rows]

    async def known(self, portal: PortalID, message: MessageID) -> tuple[list[Link], bool]:
        """The events that show a message, and whether it was deleted; asked at once."""
        values = {"portal": portal, "message": message}
        rows = [_link(row) for row in await self._reader.all(_KNOWN, values)]
        links = [link for link in rows if link.part >= 0]
        return links, len(links) < len(rows)

    async def of_event(self, portal: PortalID, event: EventID) -> list[Link]:
        """The messages of this portal that an event became, or that it shows."""
        rows = await self._reader.all(_OF_EVENT, {"portal": portal, "event": event})
        return [_link(row) for row in rows]

    async def awaited(self, portal: PortalID, event: EventID) -> bool:
        """Whether a message that this event became has an ID that is still to come."""
        values = {"portal": portal, "event": event}
        return await self._reader.first(_AWAITED, values) is not None

    async def pending(self, portal: PortalID, txn: str) -> Link | None:
        """Our own send that awaits its ID with the echo of `txn`; its `message` is still empty."""
        row = await self._reader.first(_PENDING, {"portal": portal, "txn": txn})
        if row is None:
            return None
        login = LoginID(row.login) if row.login else None
        return Link(portal, MessageID(""), row.part, EventID(row.event), row.sender, login=login)


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
        relay=row.relay,
        since=row.since,
        other=None if row.other is None else RemoteUserID(row.other),
        former=RoomID(row.former) if row.former else None,
    )


def _link(row: Row[Any]) -> Link:
    return Link(
        portal=PortalID(row.portal),
        message=MessageID(row.message),
        part=row.part,
        event=EventID(row.event),
        sender=row.sender,
        at=row.at,
        login=LoginID(row.login) if row.login else None,
    )
