"""Devices that ask ours for the key of a room: none is given so, and they are told.

A key is given once, to whoever may read what it is for, before that is said (`sharing.py`). Who
asks later has lost it, or may not have it: which of their devices are really theirs, nobody here
can tell.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog

from bridgekit.encryption.device import Device
from bridgekit.encryption.signed import MEGOLM
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.reading import storable
from bridgekit.store.encryption import EncryptionRows

log = structlog.get_logger()

KEPT = 10_000
MOST = 1_000  # that wait to be answered
WITHHELD = "m.room_key.withheld"
_GIVEN = "m.unavailable", "It was given to this device, and is given once."
_NO_OLM = "m.no_olm", "No one-time key of this device was left."
_NOT_GIVEN = "m.unauthorised", "This device could not read the room when that was said."


class _Asked(NamedTuple):
    user: UserID
    device: str
    room: RoomID
    session: str


class Requests:
    """Beside everything else: nothing waits for it. Each device is answered once for each key."""

    def __init__(self, device: Device, calls: DeviceCalls, rows: EncryptionRows) -> None:
        self._device, self._calls, self._rows = device, calls, rows
        self._answered: LRU[_Asked, bool] = LRU(KEPT)
        self._queue: asyncio.Queue[_Asked] = asyncio.Queue(MOST)

    def ask(self, user: UserID, content: Mapping[str, Any]) -> None:
        """A request as it came. Raises `ValueError` where it is none."""
        if content.get("action") != "request":
            return
        body = content.get("body")
        named = body if isinstance(body, dict) else {}
        device = content.get("requesting_device_id")
        texts = (device, named.get("room_id"), named.get("session_id"))
        if named.get("algorithm") != MEGOLM or not all(map(_named, texts)):
            raise ValueError("it asks for no key")
        asked = _Asked(user, str(texts[0]), RoomID(str(texts[1])), str(texts[2]))
        if asked not in self._answered and not self._queue.full():
            self._answered.put(asked, value=True)
            self._queue.put_nowait(asked)

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            asked = await self._queue.get()
            try:
                await self._answer(asked)
            except (RetryLater, Refused) as error:
                log.info("a request for a key is not answered", why=type(error).__name__)

    async def _answer(self, asked: _Asked) -> None:
        key = await self._rows.reading_key(asked.session)
        if key is None or not key.ours or key.room != asked.room:
            return  # none of ours: others are asked, too
        shares = await self._rows.shares(asked.session)
        peer = shares.get((asked.user, asked.device))
        code, reason = _NOT_GIVEN if peer is None else _GIVEN if peer else _NO_OLM
        content = {
            "algorithm": MEGOLM,
            "room_id": asked.room,
            "session_id": asked.session,
            "sender_key": self._device.curve25519,
            "code": code,
            "reason": reason,
        }
        txn = "bknone" + hashlib.sha256(" ".join(asked).encode()).hexdigest()[:32]
        await self._calls.send(WITHHELD, {asked.user: {asked.device: content}}, txn)


def _named(text: object) -> bool:
    return isinstance(text, str) and bool(text) and storable(text)
