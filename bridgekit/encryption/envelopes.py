"""What we say in encrypted rooms: a key for each who speaks, which goes forward and is changed in
time.

The key as it is after a message is stored together with the message, before that is sent (delivery
rule 17): whatever is tried again is the same ciphertext, and no place of a key is used twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from bridgekit.clock import Clock
from bridgekit.encryption.announcing import Announcing
from bridgekit.encryption.device import Device, Voice
from bridgekit.encryption.ghosts import Ghosts
from bridgekit.encryption.outbound import Outbound, Room, room_of
from bridgekit.encryption.peers import Peer, Peers
from bridgekit.encryption.room_keys import RoomKeys
from bridgekit.encryption.sharing import Sharing
from bridgekit.encryption.signed import MEGOLM
from bridgekit.encryption.trust import Trust
from bridgekit.encryption.withheld import code_of, is_key, may_come
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID, TransactionID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lanes.journey import millis
from bridgekit.lru import LRU
from bridgekit.matrix.api import encoded
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.encrypted import OUTSIDE, SECRET, without_file
from bridgekit.store.encryption import (
    Change,
    EncryptionRows,
    KeepEnvelope,
    RoomKey,
    forget_envelope,
    save_settings,
)
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

KEPT = 10_000  # rooms
AGAIN = 60_000  # milliseconds until a homeserver that did not answer is asked again
REFUSED = "The homeserver takes nothing for devices in its name"


class Envelopes:
    """`Intents` uses it. Only what it was asked about is kept in memory."""

    def __init__(
        self,
        device: Device,
        calls: DeviceCalls,
        peers: Peers,
        sharing: Sharing,
        keys: RoomKeys,
        ghosts: Ghosts,
        rows: EncryptionRows,
        writer: Writer,
        clock: Clock,
        is_ours: Callable[[UserID], bool],
        least: Trust,
        announcing: Announcing,
    ) -> None:
        """`is_ours` tells accounts of the bridge, whose devices read nothing; devices that are
        trusted less than `least` get no keys.
        """
        self._device, self._calls, self._peers, self._sharing = device, calls, peers, sharing
        self._keys, self._ghosts = keys, ghosts
        self._rows, self._writer, self._clock = rows, writer, clock
        self._is_ours, self._least, self._announcing = is_ours, least, announcing
        self._rooms: LRU[RoomID, Room] = LRU(KEPT)
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
        if known is None or (user is not None and self._is_ours(user)):
            return
        if user is not None:  # nobody has said which devices they made while we saw them not
            self._peers.changed([user])
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
        self,
        room: RoomID,
        kind: str,
        content: Mapping[str, Any],
        txn: TransactionID,
        user: UserID | None,
    ) -> tuple[str, Mapping[str, Any]]:
        """See `Envelopes` in `matrix/encrypted.py`."""
        if kind not in SECRET or await self._room(room) is None:
            return kind, content
        kind, content = without_file(kind, content)
        async with self._locks.hold(room):
            if self._device.doubted.is_set() or not self._device.row.known:
                raise RetryLater("The bridge takes a new device for encrypted rooms", after=1.0)
            voice = await self._ghosts.voice(room, user)
            known = await self._room(room)
            assert known is not None  # noqa: S101 (a room that is encrypted stays so)
            state = known.of(voice.speaker)
            await self._ready(room, known, voice, state)
            if voice.device != self._device.row.device:
                raise RetryLater("The bridge has taken a new device", after=0.0)
            said = await self._encrypt(room, voice.speaker, state, kind, content, txn)
            return "m.room.encrypted", said

    async def unsent(self, room: RoomID, txn: TransactionID) -> None:
        """See `Envelopes` in `matrix/encrypted.py`."""
        if self._rooms.peek(room) is not None:
            await self._writer.write(Rows(forget_envelope(_name(room, txn))))

    async def _encrypt(
        self,
        room: RoomID,
        speaker: str,
        state: Outbound,
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
        sealed = self._keys.sealed(room, speaker, session)
        state.key = RoomKey(key.session, sealed, key.messages + 1, key.made_at)
        # The commit comes first: only then may anybody see this place of the key.
        text = json.dumps(whole)
        sent = await self._writer.write(
            KeepEnvelope(room, speaker, state.key, _name(room, txn), text, millis(self._clock))
        )
        return whole if sent == text else json.loads(sent)

    async def _room(self, room: RoomID) -> Room | None:
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
        return self._rooms.get(room) or self._rooms.put(room, room_of(json.loads(stored)))

    async def _ready(self, room: RoomID, known: Room, voice: Voice, state: Outbound) -> None:
        """See that there is a key that may be used, and that everybody has it."""
        if state.session is None:
            await self._keys.take_up(room, voice.speaker, state)
        now, changes = millis(self._clock), known.changes
        worn = known.worn(state.key, now)
        if state.seen == changes and not worn and now < (state.look_again or now + 1):
            return
        readers = await self._calls.readers(room)
        people = [user for user in sorted(readers) if not self._is_ours(user)]
        known.readers = frozenset(people)
        peers, silent = await self._peers.of(people)
        fresh: list[Change] = []
        if state.session is None or worn or self._gone(state, peers, silent):
            fresh = self._keys.make(room, voice.speaker, state, now)
        missing, denied = self._lacking(state, peers)
        whole = not silent
        if missing or denied or fresh:
            whole &= await self._share(room, voice, state, missing, denied, fresh)
        for peer in denied:
            if peer.trust is Trust.BLOCKED:
                self._announcing.other_keys(room, peer.user, peer.ed25519)
        await self._flush(room, known, voice)
        state.look_again = 0 if whole else now + AGAIN
        state.seen = changes

    async def _flush(self, room: RoomID, known: Room, voice: Voice) -> None:
        """Whoever may not give their key to others speaks by the bot's device from now on."""
        refused: set[str] = set()
        try:
            await self._sharing.flush(room, refused)
        finally:
            for ghost in refused:
                self._ghosts.refuse(UserID(ghost), REFUSED)
                known.speakers.forget(ghost)
        if voice.speaker in refused:
            raise RetryLater(REFUSED, after=0.0)

    def _gone(self, state: Outbound, peers: Sequence[Peer], silent: Collection[UserID]) -> bool:
        """Whether one that has the key may read no more; of `silent` people nobody can tell."""
        allowed = {
            (one.user, one.device): one.curve25519 for one in peers if one.trust >= self._least
        }
        return any(
            is_key(share) and allowed.get(who) != share and who[0] not in silent
            for who, share in state.shares.items()
        )

    def _lacking(self, state: Outbound, peers: Sequence[Peer]) -> tuple[list[Peer], list[Peer]]:
        """Who is still to get the key, and who is still to hear that they do not."""
        missing, denied = [], []
        for peer in peers:
            share = state.shares.get((peer.user, peer.device))
            if peer.trust >= self._least:
                missing += [peer] if may_come(share) else []
            elif share != code_of(peer.trust):
                denied.append(peer)
        return missing, denied

    async def _share(
        self,
        room: RoomID,
        voice: Voice,
        state: Outbound,
        missing: Sequence[Peer],
        denied: Sequence[Peer],
        fresh: Sequence[Change],
    ) -> bool:
        assert state.session is not None  # noqa: S101 (there is one by now)
        session = state.session
        try:
            whole = await self._sharing.share(room, voice, session, missing, denied, fresh)
        except BaseException:
            state.session = state.key = None  # as it is stored, or not
            state.seen = -1
            raise
        state.shares = await self._rows.shares(session.session_id)
        return whole


def _name(room: RoomID, txn: TransactionID) -> str:
    """What an envelope is kept by: the next room of its chat has another key."""
    return f"{txn} {room}"
