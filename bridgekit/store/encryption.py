"""What is stored for encrypted rooms: queries, and the changes that go into one commit each.

Keys are handed in and out sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, text

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.models import Millis
from bridgekit.store import encryption_tables as tables
from bridgekit.store import sql
from bridgekit.store.reader import Reader

Change = tuple[TextClause, Sequence[dict[str, Any]]]
"""A statement and its rows: what `sql.Rows` is made of."""

_OWN = text('SELECT device, "keys", since, made_at, known FROM own_device ORDER BY made_at DESC')
_OLM = 'SELECT session, peer, "keys", used_at FROM olm_session WHERE peer IN'
_PINS = 'SELECT "user", device, "key" FROM peer_device WHERE "user" IN'
_ROOM = text("SELECT settings FROM encrypted_room WHERE room = :room")
_ROOMS = text("SELECT COUNT(*) AS rooms FROM encrypted_room")
_ROOM_KEY = text('SELECT session, "keys", messages, made_at FROM room_key WHERE room = :room')
_SHARES = text('SELECT "user", device, peer FROM room_key_share WHERE session = :session')
_READING = text(
    'SELECT session, room, sender, peer, "keys", ours FROM reading_key WHERE session = :session'
)
_PLACE = text("SELECT event FROM read_place WHERE session = :session AND place = :place")
_HIGHEST = text("SELECT MAX(place) AS place FROM read_place WHERE session = :session")
_ENVELOPE = text("SELECT content FROM envelope WHERE txn = :txn")
_TO_DEVICE = text("SELECT txn, messages FROM to_device WHERE room = :room ORDER BY txn")

_SAVE_OWN = sql.upsert(tables.own_device, "device", "keys", "since", "made_at", "known")
_SAVE_OLM = sql.upsert(tables.olm_session, "session", "peer", "keys", "used_at")
_PIN = sql.insert(tables.peer_device, "user", "device", "key")
_SAVE_ROOM = sql.upsert(tables.encrypted_room, "room", "settings")
_SAVE_ROOM_KEY = sql.upsert(tables.room_key, "room", "session", "keys", "messages", "made_at")
_SHARED = sql.upsert(tables.room_key_share, "session", "user", "device", "peer", "at")
_SAVE_READING = sql.upsert(
    tables.reading_key, "session", "room", "sender", "peer", "keys", "ours", "at"
)
_SAVE_PLACE = sql.insert(tables.read_place, "session", "place", "event", "at")
_SAVE_ENVELOPE = sql.insert(tables.envelope, "txn", "content", "at")
_SAVE_TO_DEVICE = sql.insert(tables.to_device, "txn", "room", "messages")
_SENT_TO_DEVICE = sql.delete(tables.to_device, "txn")
_FORGET = [
    text(f"DELETE FROM {table} WHERE 1 = :all")  # noqa: S608 (names of ours)
    for table in ("own_device", "olm_session", "room_key", "room_key_share", "to_device")
]


@dataclass(frozen=True, slots=True)
class OwnDevice:
    device: str
    keys: str
    since: str
    made_at: Millis
    known: bool


@dataclass(frozen=True, slots=True)
class RoomKey:
    """With which what we say in a room is encrypted; `messages` were."""

    session: str
    keys: str
    messages: int
    made_at: Millis


@dataclass(frozen=True, slots=True)
class ReadingKey:
    session: str
    room: RoomID
    sender: UserID
    peer: str
    keys: str
    ours: bool


class EncryptionRows:
    """Read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def own(self) -> OwnDevice | None:
        row = await self._reader.first(_OWN)
        return row and OwnDevice(row.device, row.keys, row.since, row.made_at, bool(row.known))

    async def olm(self, peers: Collection[str]) -> list[tuple[str, str, str]]:
        """The sessions with these, as (session, peer, keys): of each the latest used first."""
        found: list[Row[Any]] = []
        for query, values in sql.among(_OLM, sorted(peers)):
            found += await self._reader.all(query, values)
        found.sort(key=lambda row: (-row.used_at, row.session))
        return [(row.session, row.peer, row.keys) for row in found]

    async def pins(self, users: Iterable[UserID]) -> dict[tuple[UserID, str], str]:
        """The keys by which the devices of these are known."""
        found: dict[tuple[UserID, str], str] = {}
        for query, values in sql.among(_PINS, users):
            for row in await self._reader.all(query, values):
                found[UserID(row.user), row.device] = row.key
        return found

    async def settings(self, room: RoomID) -> str | None:
        """Those of an encrypted room; None if it is not known as one."""
        row = await self._reader.first(_ROOM, {"room": room})
        return row and str(row.settings)

    async def rooms(self) -> int:
        """How many rooms are known to be encrypted: for whoever looks it up."""
        (row,) = await self._reader.scan(_ROOMS)
        return int(row.rooms)

    async def room_key(self, room: RoomID) -> RoomKey | None:
        row = await self._reader.first(_ROOM_KEY, {"room": room})
        return row and RoomKey(row.session, row.keys, row.messages, row.made_at)

    async def shares(self, session: str) -> dict[tuple[UserID, str], str]:
        rows = await self._reader.all(_SHARES, {"session": session})
        return {(UserID(row.user), row.device): row.peer for row in rows}

    async def reading_key(self, session: str) -> ReadingKey | None:
        row = await self._reader.first(_READING, {"session": session})
        if row is None:
            return None
        named = (RoomID(row.room), UserID(row.sender), row.peer, row.keys)
        return ReadingKey(row.session, *named, ours=bool(row.ours))

    async def event_at(self, session: str, place: int) -> EventID | None:
        row = await self._reader.first(_PLACE, {"session": session, "place": place})
        return row and EventID(row.event)

    async def highest(self, session: str) -> int:
        """The last place of a key that an event was read with; -1: none was."""
        row = await self._reader.first(_HIGHEST, {"session": session})
        return -1 if row is None or row.place is None else int(row.place)

    async def envelope(self, txn: str) -> str | None:
        row = await self._reader.first(_ENVELOPE, {"txn": txn})
        return row and str(row.content)

    async def to_device(self, room: str) -> list[tuple[str, str]]:
        """What is still to be sent to devices because of a room, by its transaction IDs."""
        rows = await self._reader.all(_TO_DEVICE, {"room": room})
        return [(row.txn, row.messages) for row in rows]


def save_own(row: OwnDevice) -> Change:
    values = {"device": row.device, "keys": row.keys, "since": row.since, "made_at": row.made_at}
    return (_SAVE_OWN, [{**values, "known": int(row.known)}])


def forget_device() -> list[Change]:
    """What belongs to our device, and is of no use to another one."""
    return [(statement, [{"all": 1}]) for statement in _FORGET]


def save_olm(session: str, peer: str, keys: str, at: Millis) -> Change:
    return (_SAVE_OLM, [{"session": session, "peer": peer, "keys": keys, "used_at": at}])


def pin(devices: Iterable[tuple[UserID, str, str]]) -> Change:
    return (_PIN, [{"user": user, "device": one, "key": key} for user, one, key in devices])


def save_settings(room: RoomID, settings: str) -> Change:
    return (_SAVE_ROOM, [{"room": room, "settings": settings}])


def save_room_key(room: RoomID, key: RoomKey) -> Change:
    values = {"session": key.session, "keys": key.keys, "messages": key.messages}
    return (_SAVE_ROOM_KEY, [{"room": room, **values, "made_at": key.made_at}])


def shared(session: str, devices: Iterable[tuple[UserID, str, str]], at: Millis) -> Change:
    """Who has the key of a session: (user, device, peer)."""
    same = {"session": session, "at": at}
    return (_SHARED, [{**same, "user": u, "device": d, "peer": p} for u, d, p in devices])


def save_reading_key(key: ReadingKey, at: Millis) -> Change:
    values = {"session": key.session, "room": key.room, "sender": key.sender, "peer": key.peer}
    return (_SAVE_READING, [{**values, "keys": key.keys, "ours": int(key.ours), "at": at}])


def save_places(places: Iterable[tuple[str, int, EventID]], at: Millis) -> Change:
    return (
        _SAVE_PLACE,
        [{"session": one, "place": n, "event": event, "at": at} for one, n, event in places],
    )


def save_envelope(txn: str, content: str, at: Millis) -> Change:
    return (_SAVE_ENVELOPE, [{"txn": txn, "content": content, "at": at}])


def save_to_device(txn: str, room: str, messages: str) -> Change:
    return (_SAVE_TO_DEVICE, [{"txn": txn, "room": room, "messages": messages}])


def sent_to_device(txn: str) -> Change:
    return (_SENT_TO_DEVICE, [{"txn": txn}])
