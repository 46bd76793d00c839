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

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.encryption.device import Device
from bridgekit.encryption.signed import MEGOLM
from bridgekit.encryption.withheld import GIVEN, NO_OLM, NOT_GIVEN, WITHHELD, is_key, withheld
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
TRIES = 10  # to answer one, while the homeserver does not


class _Asked(NamedTuple):
    user: UserID
    device: str
    room: RoomID
    session: str


class Requests:
    """Beside everything else: nothing waits for it. Each device is answered once for each key."""

    def __init__(
        self, device: Device, calls: DeviceCalls, rows: EncryptionRows, clock: Clock
    ) -> None:
        self._device, self._calls, self._rows, self._clock = device, calls, rows, clock
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
                await self._try(asked)
            except (RetryLater, Refused) as error:
                log.info("a request for a key is not answered", why=type(error).__name__)
                self._answered.forget(asked)  # should it be asked again

    async def _try(self, asked: _Asked) -> None:
        for attempts in range(1, TRIES):
            try:
                return await self._answer(asked)
            except RetryLater as error:
                await self._clock.sleep(retry.delay(error.after, attempts, 0.5))
        return await self._answer(asked)

    async def _answer(self, asked: _Asked) -> None:
        key = await self._rows.reading_key(asked.session, UserID(self._device.user))
        if key is None or not key.ours or key.room != asked.room:
            return  # none of ours: others are asked, too
        shares = await self._rows.shares(asked.session)
        share = shares.get((asked.user, asked.device))
        code = NOT_GIVEN if share is None else GIVEN if is_key(share) else share or NO_OLM
        content = withheld(asked.room, asked.session, self._device.curve25519, code)
        txn = "bknone" + hashlib.sha256(" ".join(asked).encode()).hexdigest()[:32]
        await self._calls.send(WITHHELD, {asked.user: {asked.device: content}}, txn)


def _named(text: object) -> bool:
    return isinstance(text, str) and bool(text) and storable(text)
