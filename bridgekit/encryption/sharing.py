"""The key of a room, given to each device that may read it, once: stored first, then sent.

What could not be sent is there after a crash, under the same transaction ID.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from vodozemac import GroupSession, Session

from bridgekit.clock import Clock
from bridgekit.encryption.conversations import Conversations, Keys
from bridgekit.encryption.device import Device, Voice
from bridgekit.encryption.peers import Peer
from bridgekit.encryption.signed import MEGOLM
from bridgekit.encryption.withheld import NO_OLM, WITHHELD, code_of, withheld
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID
from bridgekit.lanes.journey import millis
from bridgekit.matrix.api import Refused
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.store.encryption import (
    BOT,
    Change,
    EncryptionRows,
    forget_room_key,
    only_latest_olm,
    save_to_device,
    sent_to_device,
    shared,
)
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

TOGETHER = 50  # devices in one request
_ENCRYPTED = "m.room.encrypted"


class Sharing:
    """One for the device."""

    def __init__(
        self,
        device: Device,
        calls: DeviceCalls,
        conversations: Conversations,
        rows: EncryptionRows,
        writer: Writer,
        clock: Clock,
    ) -> None:
        self._device, self._calls, self._conversations = device, calls, conversations
        self._rows, self._writer, self._clock = rows, writer, clock

    async def share(
        self,
        room: RoomID,
        voice: Voice,
        session: GroupSession,
        peers: Collection[Peer],
        denied: Collection[Peer] = (),
        also: Sequence[Change] = (),
    ) -> bool:
        """Store that these devices get the key of a session and that `denied` are told that they
        do not, with `also`; `flush` sends it.

        Whether all were asked: the homeserver of some may not have answered.
        """
        known = await self._conversations.known(peers)
        lacking = [peer for peer in peers if peer.keys not in known]
        begun, silent = await self._conversations.begin(lacking)
        async with self._device.lock:
            self._check(voice.device)
            # Read again under the lock: they may have said something meanwhile.
            known = await self._conversations.known(peers)
            asked = [peer for peer in peers if peer not in silent]
            given = self._given(room, voice, session, asked, {**begun, **known})
            changes = [*also, *given, *self._denied(room, voice, session, denied)]
            await self._writer.write(Rows(*changes))
        return not silent

    def _given(
        self,
        room: RoomID,
        voice: Voice,
        session: GroupSession,
        peers: Collection[Peer],
        conversations: Mapping[Keys, Session],
    ) -> Iterator[Change]:
        """What is to be sent to whom, and how that has changed the conversations."""
        messages: list[tuple[Peer, dict[str, Any]]] = []
        without: list[Peer] = []
        for peer in peers:
            conversation = conversations.get(peer.keys)
            if conversation is None:
                without.append(peer)
                continue
            content = _room_key(room, session)
            say = self._conversations.say
            message, change = say(voice, peer, conversation, "m.room_key", content)
            messages.append((peer, message))
            yield change
        yield shared(session.session_id, _named(messages, without), self._now())
        yield from _requests(room, voice, _ENCRYPTED, messages)
        none = withheld(room, session.session_id, self._device.curve25519, NO_OLM)
        yield from _requests(room, voice, WITHHELD, [(peer, none) for peer in without])

    def _denied(
        self, room: RoomID, voice: Voice, session: GroupSession, peers: Collection[Peer]
    ) -> Iterator[Change]:
        """That these do not get it, as they are trusted too little."""
        name, ours = session.session_id, self._device.curve25519
        codes = [(peer, code_of(peer.trust)) for peer in peers]
        yield shared(name, ((one.user, one.device, code) for one, code in codes), self._now())
        told = [(one, withheld(room, name, ours, code)) for one, code in codes]
        yield from _requests(room, voice, WITHHELD, told)

    async def flush(self, room: str, refused: set[str]) -> None:
        """Send what is stored for a room; may raise what any request may.

        The ghosts in whose name that is refused are added to `refused` (whatever is raised for
        another one), and their keys for the room forgotten: nobody else waits for what they say.
        """
        for txn, ghost, stored in await self._rows.to_device(room):
            request, over = json.loads(stored), [sent_to_device(txn)]
            try:
                await self._calls.send(request["kind"], request["messages"], txn, ghost)
            except Refused:
                if ghost == BOT:
                    raise
                refused.add(ghost)
                over.append(forget_room_key(RoomID(room), ghost))
            await self._writer.write(Rows(*over))

    async def mend(self, peer: Peer) -> None:
        """Begin a new conversation with a device whose words we cannot read."""
        device = self._device.row.device
        begun, _ = await self._conversations.begin([peer])
        session = begun.get(peer.keys)
        if session is None:
            return
        async with self._device.lock:
            self._check(device)
            voice = self._device.voice
            message, change = self._conversations.say(voice, peer, session, "m.dummy", {})
            request = _requests("", voice, _ENCRYPTED, [(peer, message)])
            latest = only_latest_olm(session.session_id, peer.curve25519)
            await self._writer.write(Rows(change, latest, *request))
        await self.flush("", set())

    def _check(self, device: str) -> None:
        """What was begun with one device is no conversation of another."""
        if device != self._device.row.device:
            raise RetryLater("The bridge has taken a new device", after=0.0)

    def _now(self) -> int:
        return millis(self._clock)


def _room_key(room: RoomID, session: GroupSession) -> dict[str, Any]:
    return {
        "algorithm": MEGOLM,
        "room_id": room,
        "session_id": session.session_id,
        "session_key": session.session_key.to_base64(),
    }


def _named(
    messages: Sequence[tuple[Peer, object]], without: Sequence[Peer]
) -> Iterator[tuple[Any, str, str]]:
    yield from ((peer.user, peer.device, peer.curve25519) for peer, _ in messages)
    yield from ((peer.user, peer.device, "") for peer in without)


def _requests(
    room: str, voice: Voice, kind: str, messages: Sequence[tuple[Peer, Mapping[str, Any]]]
) -> Iterator[Change]:
    """So many devices at a time."""
    rest = iter(messages)
    while some := list(islice(rest, TOGETHER)):
        by_user: dict[str, dict[str, Any]] = {}
        for peer, message in some:
            by_user.setdefault(peer.user, {})[peer.device] = message
        body = json.dumps({"kind": kind, "messages": by_user})
        yield save_to_device(f"bk{secrets.token_hex(12)}", room, body, voice.speaker)
