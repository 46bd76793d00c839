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
from bridgekit.encryption.conversations import Conversations
from bridgekit.encryption.device import Device
from bridgekit.encryption.peers import Peer
from bridgekit.encryption.signed import MEGOLM
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID
from bridgekit.lanes.journey import millis
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.store.encryption import (
    Change,
    EncryptionRows,
    save_to_device,
    sent_to_device,
    shared,
)
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

TOGETHER = 50  # devices in one request
_ENCRYPTED, _WITHHELD = "m.room.encrypted", "m.room_key.withheld"
_NO_OLM = "m.no_olm"


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
        session: GroupSession,
        peers: Collection[Peer],
        also: Sequence[Change] = (),
    ) -> bool:
        """Store that these devices get the key of a session, with `also`; `flush` sends it.

        Whether all were asked: the homeserver of some may not have answered.
        """
        device = self._device.row.device
        known = await self._conversations.known(peer.curve25519 for peer in peers)
        lacking = [peer for peer in peers if peer.curve25519 not in known]
        begun, silent = await self._conversations.begin(lacking)
        async with self._device.lock:
            self._check(device)
            # Read again under the lock: they may have said something meanwhile.
            known = await self._conversations.known(peer.curve25519 for peer in peers)
            asked = [peer for peer in peers if peer not in silent]
            changes = [*also, *self._given(room, session, asked, {**begun, **known})]
            await self._writer.write(Rows(*changes))
        return not silent

    def _given(
        self,
        room: RoomID,
        session: GroupSession,
        peers: Collection[Peer],
        conversations: Mapping[str, Session],
    ) -> Iterator[Change]:
        """What is to be sent to whom, and how that has changed the conversations."""
        messages: list[tuple[Peer, dict[str, Any]]] = []
        without: list[Peer] = []
        for peer in peers:
            conversation = conversations.get(peer.curve25519)
            if conversation is None:
                without.append(peer)
                continue
            content = _room_key(room, session)
            message, change = self._conversations.say(peer, conversation, "m.room_key", content)
            messages.append((peer, message))
            yield change
        yield shared(session.session_id, _named(messages, without), self._now())
        yield from _requests(room, _ENCRYPTED, messages)
        withheld = [(peer, self._no_olm(room, session)) for peer in without]
        yield from _requests(room, _WITHHELD, withheld)

    async def flush(self, room: str) -> None:
        """Send what is stored for a room; may raise what any request may."""
        for txn, stored in await self._rows.to_device(room):
            request = json.loads(stored)
            await self._calls.send(request["kind"], request["messages"], txn)
            await self._writer.write(Rows(sent_to_device(txn)))

    async def mend(self, peer: Peer) -> None:
        """Begin a new conversation with a device whose words we cannot read."""
        device = self._device.row.device
        begun, _ = await self._conversations.begin([peer])
        session = begun.get(peer.curve25519)
        if session is None:
            return
        async with self._device.lock:
            self._check(device)
            message, change = self._conversations.say(peer, session, "m.dummy", {})
            request = _requests("", _ENCRYPTED, [(peer, message)])
            await self._writer.write(Rows(change, *request))
        await self.flush("")

    def _check(self, device: str) -> None:
        """What was begun with one device is no conversation of another."""
        if device != self._device.row.device:
            raise RetryLater("The bridge has taken a new device", after=0.0)

    def _no_olm(self, room: RoomID, session: GroupSession) -> dict[str, Any]:
        return {
            "algorithm": MEGOLM,
            "room_id": room,
            "session_id": session.session_id,
            "sender_key": self._device.curve25519,
            "code": _NO_OLM,
            "reason": "No one-time key of this device was left.",
        }

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
    room: str, kind: str, messages: Sequence[tuple[Peer, Mapping[str, Any]]]
) -> Iterator[Change]:
    """So many devices at a time."""
    rest = iter(messages)
    while some := list(islice(rest, TOGETHER)):
        by_user: dict[str, dict[str, Any]] = {}
        for peer, message in some:
            by_user.setdefault(peer.user, {})[peer.device] = message
        body = json.dumps({"kind": kind, "messages": by_user})
        yield save_to_device(f"bk{secrets.token_hex(12)}", room, body)
