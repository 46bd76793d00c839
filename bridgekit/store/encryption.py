"""What is stored for encrypted rooms: queries, and the changes that go into one commit each.

Keys are handed in and out sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import Connection, Row, TextClause, text

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.models import Millis
from bridgekit.store import encryption_tables as tables
from bridgekit.store import sql
from bridgekit.store.reader import Reader

Change = tuple[TextClause, Sequence[dict[str, Any]]]
"""A statement and its rows: what `sql.Rows` is made of."""

BOT = ""
"""In place of a ghost: whoever speaks by the bot's device."""
OLM = 10
"""Conversations with one device that are kept; clients use one or two."""

_OWN = text(
    'SELECT device, "keys", since, made_at, known, fallback, fallback_at FROM own_device '
    "ORDER BY made_at DESC"
)
_OLM = 'SELECT session, peer, "keys", used_at FROM olm_session WHERE peer IN'
_PINS = 'SELECT "user", device, "key" FROM peer_device WHERE "user" IN'
_ROOM = text("SELECT settings FROM encrypted_room WHERE room = :room")
_ROOMS = text("SELECT room FROM encrypted_room")
_ROOM_KEY = text(
    'SELECT session, "keys", messages, made_at FROM room_key '
    "WHERE room = :room AND speaker = :speaker"
)
_SHARES = text('SELECT "user", device, peer FROM room_key_share WHERE session = :session')
# Ours reads whoever speaks by us; people may be among them.
_READING = text(
    'SELECT session, room, sender, peer, "keys", ours FROM reading_key '
    "WHERE session = :session AND (sender = :sender OR ours = 1) ORDER BY ours DESC LIMIT 1"
)
_PLACE = text(
    "SELECT event FROM read_place WHERE session = :session AND sender = :sender AND place = :place"
)
_HIGHEST = text(
    "SELECT MAX(place) AS place FROM read_place WHERE session = :session AND sender = :sender"
)
_ENVELOPES = "SELECT txn, content FROM envelope WHERE txn IN"
_TO_DEVICE = text("SELECT txn, speaker, messages FROM to_device WHERE room = :room ORDER BY txn")

_SAVE_OWN = sql.upsert(
    tables.own_device, "device", "keys", "since", "made_at", "known", "fallback", "fallback_at"
)
_OLDER = text(
    "DELETE FROM olm_session WHERE peer = :peer AND session != :session AND session NOT IN "
    "(SELECT session FROM olm_session WHERE peer = :peer AND session != :session "
    "ORDER BY used_at DESC, session LIMIT :others)"
)
_SAVE_OLM = sql.upsert(tables.olm_session, "session", "peer", "keys", "used_at")
_PIN = sql.upsert(tables.peer_device, "user", "device", "key")
_SAVE_ROOM = sql.upsert(tables.encrypted_room, "room", "settings")
_SAVE_ROOM_KEY = sql.upsert(
    tables.room_key, "room", "speaker", "session", "keys", "messages", "made_at"
)
_FORGET_ROOM_KEY = sql.delete(tables.room_key, "room", "speaker")
_SHARED = sql.upsert(tables.room_key_share, "session", "user", "device", "peer", "at")
_SAVE_READING = sql.upsert(
    tables.reading_key, "session", "sender", "room", "peer", "keys", "ours", "at"
)
_SAVE_PLACE = sql.insert(tables.read_place, "session", "sender", "place", "event", "at")
_SAVE_ENVELOPE = sql.insert(tables.envelope, "txn", "content", "at")
_FORGET_ENVELOPE = sql.delete(tables.envelope, "txn")
_SAVE_TO_DEVICE = sql.insert(tables.to_device, "txn", "room", "messages", "speaker")
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
    fallback: str = ""
    fallback_at: Millis = 0


@dataclass(frozen=True, slots=True)
class RoomKey:
    """With which what we say in a room is encrypted; `messages` were."""

    session: str
    keys: str
    messages: int
    made_at: Millis


class Place(NamedTuple):
    """Of a key, at which one event was encrypted; `sender` is whose key it is."""

    session: str
    sender: UserID
    number: int


@dataclass(frozen=True, slots=True)
class ReadingKey:
    """`sender` is whose words it reads; those of whoever speaks by us, where it is `ours`."""

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
        if row is None:
            return None
        known = (row.made_at, bool(row.known), row.fallback, row.fallback_at)
        return OwnDevice(row.device, row.keys, row.since, *known)

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

    async def rooms(self) -> set[RoomID]:
        """Which are known to be encrypted."""
        return {RoomID(row.room) for row in await self._reader.scan(_ROOMS)}

    async def room_key(self, room: RoomID, speaker: str = BOT) -> RoomKey | None:
        row = await self._reader.first(_ROOM_KEY, {"room": room, "speaker": speaker})
        return row and RoomKey(row.session, row.keys, row.messages, row.made_at)

    async def shares(self, session: str) -> dict[tuple[UserID, str], str]:
        rows = await self._reader.all(_SHARES, {"session": session})
        return {(UserID(row.user), row.device): row.peer for row in rows}

    async def reading_key(self, session: str, sender: UserID) -> ReadingKey | None:
        """What reads the words of `sender` in this session."""
        row = await self._reader.first(_READING, {"session": session, "sender": sender})
        if row is None:
            return None
        named = (RoomID(row.room), UserID(row.sender), row.peer, row.keys)
        return ReadingKey(row.session, *named, ours=bool(row.ours))

    async def event_at(self, place: Place) -> EventID | None:
        values = {"session": place.session, "sender": place.sender, "place": place.number}
        row = await self._reader.first(_PLACE, values)
        return row and EventID(row.event)

    async def highest(self, session: str, sender: UserID) -> int:
        """The last place of a key that an event was read with; -1: none was."""
        row = await self._reader.first(_HIGHEST, {"session": session, "sender": sender})
        return -1 if row is None or row.place is None else int(row.place)

    async def to_device(self, room: str) -> list[tuple[str, str, str]]:
        """What is still to be sent to devices because of a room: transaction ID, speaker, what."""
        rows = await self._reader.all(_TO_DEVICE, {"room": room})
        return [(row.txn, row.speaker, row.messages) for row in rows]


def save_own(row: OwnDevice) -> Change:
    return (_SAVE_OWN, [{**asdict(row), "known": int(row.known)}])


def forget_device() -> list[Change]:
    """What belongs to our device, and is of no use to another one."""
    return [(statement, [{"all": 1}]) for statement in _FORGET]


def save_olm(session: str, peer: str, keys: str, at: Millis) -> Change:
    return (_SAVE_OLM, [{"session": session, "peer": peer, "keys": keys, "used_at": at}])


def only_latest_olm(session: str, peer: str) -> Change:
    """Of the conversations with a device those that were used last: this one and `OLM` - 1."""
    return (_OLDER, [{"peer": peer, "session": session, "others": OLM - 1}])


def pin(devices: Mapping[tuple[UserID, str], str]) -> Change:
    rows = [{"user": user, "device": one, "key": key} for (user, one), key in devices.items()]
    return (_PIN, rows)


def save_settings(room: RoomID, settings: str) -> Change:
    return (_SAVE_ROOM, [{"room": room, "settings": settings}])


def save_room_key(room: RoomID, speaker: str, key: RoomKey) -> Change:
    return (_SAVE_ROOM_KEY, [_room_key(room, speaker, key)])


def forget_room_key(room: RoomID, speaker: str) -> Change:
    return (_FORGET_ROOM_KEY, [{"room": room, "speaker": speaker}])


def _room_key(room: RoomID, speaker: str, key: RoomKey) -> dict[str, Any]:
    values = {"session": key.session, "keys": key.keys, "messages": key.messages}
    return {"room": room, "speaker": speaker, **values, "made_at": key.made_at}


def shared(session: str, devices: Iterable[tuple[UserID, str, str]], at: Millis) -> Change:
    """Who has the key of a session: (user, device, peer)."""
    same = {"session": session, "at": at}
    return (_SHARED, [{**same, "user": u, "device": d, "peer": p} for u, d, p in devices])


def save_reading_key(key: ReadingKey, at: Millis) -> Change:
    values = {"session": key.session, "room": key.room, "sender": key.sender, "peer": key.peer}
    return (_SAVE_READING, [{**values, "keys": key.keys, "ours": int(key.ours), "at": at}])


def save_places(places: Iterable[tuple[Place, EventID]], at: Millis) -> Change:
    rows = [
        {"session": one.session, "sender": one.sender, "place": one.number, "event": event}
        for one, event in places
    ]
    return (_SAVE_PLACE, [{**row, "at": at} for row in rows])


def save_to_device(txn: str, room: str, messages: str, speaker: str) -> Change:
    values = {"txn": txn, "room": room, "messages": messages, "speaker": speaker}
    return (_SAVE_TO_DEVICE, [values])


def forget_envelope(txn: str) -> Change:
    return (_FORGET_ENVELOPE, [{"txn": txn}])


def sent_to_device(txn: str) -> Change:
    return (_SENT_TO_DEVICE, [{"txn": txn}])


@dataclass(frozen=True, slots=True)
class KeepEnvelope:
    """What was encrypted, and the key as it is behind that.

    Result: what is to be sent. That is what was kept of the same `txn` before, if anything was: it
    is looked for here, as that costs no question of its own, and a place that is used by nothing
    costs nothing.
    """

    rank: ClassVar[int] = 49  # before a key that takes this one's place
    keep: ClassVar[bool] = False
    room: RoomID
    speaker: str
    key: RoomKey
    txn: str
    content: str
    at: Millis

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[KeepEnvelope]) -> Sequence[str]:
        keys = [_room_key(one.room, one.speaker, one.key) for one in operations]
        sql.run(connection, _SAVE_ROOM_KEY, keys)
        kept: dict[str, str] = {}
        for asked in sql.among(_ENVELOPES, [one.txn for one in operations]):
            kept |= {str(txn): str(text) for txn, text in sql.found(connection, *asked)}
        fresh: list[dict[str, Any]] = []
        for one in operations:
            if one.txn not in kept:
                kept[one.txn] = one.content
                fresh.append({"txn": one.txn, "content": one.content, "at": one.at})
        sql.run(connection, _SAVE_ENVELOPE, fresh)
        return [kept[one.txn] for one in operations]
