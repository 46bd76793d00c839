"""What we say in encrypted rooms: one key a room, which goes forward and is changed in time.

The key as it is after a message is stored together with the message, before that is sent (delivery
rule 17): whatever is tried again is the same ciphertext, and no place of a key is used twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from vodozemac import GroupSession, InboundGroupSession, MegolmMessage

from bridgekit.clock import Clock
from bridgekit.encryption.device import Device, within
from bridgekit.encryption.peers import Peer, Peers
from bridgekit.encryption.sharing import Sharing
from bridgekit.encryption.signed import MEGOLM, PLAIN
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID, TransactionID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lanes.journey import millis
from bridgekit.lru import LRU
from bridgekit.matrix.api import encoded
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.encrypted import OUTSIDE, SECRET, without_file
from bridgekit.models import Millis
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.encryption import (
    Change,
    EncryptionRows,
    ReadingKey,
    RoomKey,
    save_envelope,
    save_reading_key,
    save_room_key,
    save_settings,
)
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()

KEPT = 10_000  # rooms
LOOKED_AT = 100  # encrypted events of a room, before a stored key is used on
MESSAGES, PERIOD = 100, 604_800_000  # for which a key is used (spec, "m.room.encryption")
MOST_MESSAGES = 10_000
AGAIN = 60_000  # milliseconds until a homeserver that did not answer is asked again
PLACE, READING_PLACE = "room key:", "reading key:"
_COPY = "the database is older than what was said in encrypted rooms: it was restored from a copy"


@dataclass(slots=True)
class _Room:
    """What is known of an encrypted room while it is used. `current`: everybody has the key."""

    messages: int
    period: Millis
    key: RoomKey | None = None
    session: GroupSession | None = None
    shares: dict[tuple[UserID, str], str] = field(default_factory=dict)
    readers: frozenset[UserID] = frozenset()
    current: bool = False
    changes: int = 0
    look_again: Millis = 0

    def outdated(self) -> None:
        """Somebody else may have to have the key, or must not have the next one."""
        self.current = False
        self.changes += 1


class Envelopes:
    """`Intents` uses it. Only what it was asked about is kept in memory."""

    def __init__(
        self,
        device: Device,
        calls: DeviceCalls,
        peers: Peers,
        sharing: Sharing,
        rows: EncryptionRows,
        writer: Writer,
        sealing: Sealing,
        clock: Clock,
        is_ours: Callable[[UserID], bool],
    ) -> None:
        """`is_ours` tells accounts of the bridge, which have no devices."""
        self._device, self._calls, self._peers, self._sharing = device, calls, peers, sharing
        self._rows, self._writer, self._sealing, self._clock = rows, writer, sealing, clock
        self._is_ours = is_ours
        self._rooms: LRU[RoomID, _Room] = LRU(KEPT)
        self._plain: LRU[RoomID, bool] = LRU(KEPT)
        self._locks: KeyedLocks[RoomID] = KeyedLocks()
        self._switched = 0  # how often a room was encrypted while we ran
        device.renewed.append(self.forget)

    def forget(self) -> None:
        """Nothing that was known holds any more."""
        self._rooms = LRU(KEPT)

    def moved(self, room: RoomID, user: UserID | None) -> None:
        """Somebody came to the room, or left it; None: others than before may read it."""
        known = self._rooms.peek(room)
        if known is not None and (user is None or not self._is_ours(user)):
            self._peers.changed([user])  # nobody has said which they made while we saw them not
            known.outdated()

    def devices_changed(self, users: Collection[UserID]) -> None:
        """These have other devices now."""
        for known in self._rooms.values():
            if not known.readers.isdisjoint(users):
                known.outdated()

    def encrypted(self, room: RoomID) -> None:
        """It is encrypted from now on, or otherwise than before."""
        self._switched += 1
        self._rooms.forget(room)
        self._plain.forget(room)

    async def encrypts(self, room: RoomID) -> bool:
        return await self._room(room) is not None

    async def sealed(
        self, room: RoomID, kind: str, content: Mapping[str, Any], txn: TransactionID
    ) -> tuple[str, Mapping[str, Any]]:
        """See `Envelopes` in `matrix/encrypted.py`."""
        if kind not in SECRET or await self._room(room) is None:
            return kind, content
        kind, content = without_file(kind, content)
        async with self._locks.hold(room):
            stored = await self._rows.envelope(txn)
            if stored is not None:
                return "m.room.encrypted", json.loads(stored)
            if self._device.doubted.is_set() or not self._device.row.known:
                raise RetryLater("The bridge takes a new device for encrypted rooms", after=1.0)
            state = await self._room(room)
            assert state is not None  # noqa: S101 (a room that is encrypted stays so)
            await self._ready(room, state)
            return "m.room.encrypted", await self._encrypt(room, state, kind, content, txn)

    async def _encrypt(
        self,
        room: RoomID,
        state: _Room,
        kind: str,
        content: Mapping[str, Any],
        txn: TransactionID,
    ) -> Mapping[str, Any]:
        session, key = state.session, state.key
        assert session is not None and key is not None  # noqa: S101, PT018 (`_ready` has made them)
        inner = {name: value for name, value in content.items() if name not in OUTSIDE[:-1]}
        message = session.encrypt(encoded({"type": kind, "content": inner, "room_id": room}))
        whole = {name: content[name] for name in OUTSIDE if name in content} | {
            "algorithm": MEGOLM,
            "sender_key": self._device.curve25519,
            "device_id": self._device.row.device,
            "session_id": session.session_id,
            "ciphertext": message.to_base64(),
        }
        sealed = self._sealed_key(room, session)
        state.key = RoomKey(key.session, sealed, key.messages + 1, key.made_at)
        # The commit comes first: only then may anybody see this place of the key.
        envelope = save_envelope(txn, json.dumps(whole), millis(self._clock))
        await self._writer.write(Rows(save_room_key(room, state.key), envelope))
        return whole

    async def _room(self, room: RoomID) -> _Room | None:
        """What is known of it; None: it is not encrypted."""
        known = self._rooms.get(room)
        if known is not None or self._plain.get(room):
            return known
        switched = self._switched
        stored = await self._rows.settings(room)
        if stored is None:
            settings = await self._calls.encryption(room)
            if settings is None:
                if switched == self._switched:
                    self._plain.put(room, value=True)
                return None
            stored = json.dumps(settings)
            await self._writer.write(Rows(save_settings(room, stored)))
        return self._rooms.get(room) or self._rooms.put(room, _of(json.loads(stored)))

    async def _ready(self, room: RoomID, state: _Room) -> None:
        """See that there is a key that may be used, and that everybody has it."""
        if state.session is None:
            await self._take_up(room, state)
        now = millis(self._clock)
        if state.current and not _worn(state, now) and now < (state.look_again or now + 1):
            return
        changes = state.changes
        readers = await self._calls.readers(room)
        people = [user for user in sorted(readers) if not self._is_ours(user)]
        state.readers = frozenset(people)
        peers, whole = await self._peers.of(people)
        allowed = {(peer.user, peer.device): peer.curve25519 for peer in peers}
        gone = [
            who
            for who, curve in state.shares.items()
            if (curve and allowed.get(who) != curve and (whole or who[0] not in people))
        ]
        fresh: list[Change] = []
        if state.session is None or gone or _worn(state, now):
            fresh = self._new_key(room, state, now)
        missing = [peer for peer in peers if (peer.user, peer.device) not in state.shares]
        if missing or fresh:
            whole &= await self._share(room, state, missing, fresh)
        await self._sharing.flush(room)
        state.look_again = 0 if whole else now + AGAIN
        state.current = changes == state.changes

    async def _share(
        self, room: RoomID, state: _Room, missing: list[Peer], fresh: list[Change]
    ) -> bool:
        assert state.session is not None  # noqa: S101 (there is one by now)
        name = state.session.session_id
        try:
            whole = await self._sharing.share(room, state.session, missing, fresh)
        except BaseException:
            state.session = state.key = None  # as it is stored, or not
            state.current = False
            raise
        state.shares = await self._rows.shares(name)
        return whole

    def _new_key(self, room: RoomID, state: _Room, now: Millis) -> list[Change]:
        """A new session; the changes that store it, and the copy by which we read it ourselves."""
        session = state.session = GroupSession()
        name = session.session_id
        state.shares = {}
        state.key = RoomKey(name, self._sealed_key(room, session), 0, now)
        copy = InboundGroupSession(session.session_key).pickle(PLAIN)
        reading = ReadingKey(
            *(name, room, UserID(self._device.user), self._device.curve25519),
            self._sealing.seal(copy, READING_PLACE + name),
            ours=True,
        )
        return [save_room_key(room, state.key), save_reading_key(reading, now)]

    async def _take_up(self, room: RoomID, state: _Room) -> None:
        """Go on with the key of an earlier process, if nothing was said with it that is not known.

        Raises `RetryLater` where the database turns out to be a copy: then nothing in it holds.
        """
        key = await self._rows.room_key(room)
        if key is None:
            return
        try:
            device, pickle = self._sealing.open(key.keys, PLACE + room).split()
            session = GroupSession.from_pickle(pickle, PLAIN)
        except (Unreadable, ValueError):
            return  # sealed with a key that is gone: a new one is made
        if device != self._device.row.device:
            return  # of one that was given up while this was written
        latest = await self._calls.latest(room, LOOKED_AT)
        name = session.session_id
        same = [one for one in latest if within(one, "content").get("session_id") == name]
        if any(self._used(one, session) for one in same):
            self._device.suspect(_COPY)
            raise RetryLater("The bridge takes a new device for encrypted rooms", after=1.0)
        if len(latest) == LOOKED_AT and not same:
            return  # what it was used for last is further back: nobody can tell
        state.key, state.session = key, session
        state.shares = await self._rows.shares(key.session)

    def _sealed_key(self, room: RoomID, session: GroupSession) -> str:
        """Together with whose it is: another device of ours must not go on with it."""
        text = f"{self._device.row.device} {session.pickle(PLAIN)}"
        return self._sealing.seal(text, PLACE + room)

    def _used(self, event: Mapping[str, Any], session: GroupSession) -> bool:
        """Whether we encrypted an event with a place that the session thinks is still to come."""
        try:
            message = MegolmMessage.from_base64(str(event["content"].get("ciphertext")))
        except ValueError:
            return False
        ours = self._is_ours(UserID(str(event.get("sender"))))
        return ours and message.message_index() >= session.message_index


def _of(settings: object) -> _Room:
    found = settings if isinstance(settings, dict) else {}
    messages = _number(found.get("rotation_period_msgs"), MESSAGES, MOST_MESSAGES)
    return _Room(messages, _number(found.get("rotation_period_ms"), PERIOD, PERIOD))


def _number(value: object, usual: int, most: int) -> int:
    right = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return min(value, most) if right and isinstance(value, int) else usual


def _worn(state: _Room, now: Millis) -> bool:
    """Whether the key was used for as much as one may be."""
    key = state.key
    return key is None or key.messages >= state.messages or now - key.made_at >= state.period
