"""Asks the devices of whoever said something for its key, until that could be asked."""

from __future__ import annotations

import hashlib
import json

import structlog

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.encryption.signed import MEGOLM
from bridgekit.errors import RetryLater
from bridgekit.ids import UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.store.unread_events import Unread, UnreadEvents

log = structlog.get_logger()

ASKED = 1_000  # keys


class Asking:
    """One for the device. Each key is asked for once; again only while nobody could be asked."""

    def __init__(self, rows: UnreadEvents, calls: DeviceCalls, clock: Clock) -> None:
        self._rows, self._calls, self._clock = rows, calls, clock
        self._asked: LRU[tuple[str, UserID], bool] = LRU(ASKED)
        self._lacking = True  # an earlier process may not have come to it
        self._attempts, self._not_before = 0, float("-inf")

    async def ask(self, one: Unread) -> None:
        """For the key of what waits. It may not succeed now: then `repeat` will."""
        if (one.session, one.sender) in self._asked:
            return
        if self._clock.monotonic() < self._not_before:
            self._lacking = True
            return
        try:
            await self._send(one)
        except RetryLater as error:
            self._attempts += 1
            pause = retry.delay(error.after, self._attempts, 0.5)
            self._not_before = self._clock.monotonic() + pause
            self._lacking = True
            return
        except Refused as refused:
            log.warning("a key cannot be asked for", why=str(refused.code))
        self._attempts = 0
        self._asked.put((one.session, one.sender), value=True)

    async def repeat(self) -> None:
        """For what still waits and could not be asked for."""
        if self._lacking and self._clock.monotonic() >= self._not_before:
            self._lacking = False
            for one in await self._rows.told_of():
                await self.ask(one)

    async def _send(self, one: Unread) -> None:
        """Spec: `m.room_key_request`."""
        body = {"algorithm": MEGOLM, "room_id": one.room, "session_id": one.session}
        # Deprecated, and still asked for by some clients.
        body["sender_key"] = str(json.loads(one.body)["content"].get("sender_key"))
        content = {
            "action": "request",
            "body": body,
            "request_id": f"bk {one.session}",
            "requesting_device_id": self._calls.device,
        }
        txn = "bkask" + hashlib.sha256(f"{one.session} {one.event}".encode()).hexdigest()[:32]
        await self._calls.send("m.room_key_request", {one.sender: {"*": content}}, txn)
