"""The check of `doctor` that sends one event and waits for it: a ping alone may be answered by a
homeserver whose events go nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.asking import OK, Asking
from bridgekit.cli.doctor.encrypted import is_encrypted
from bridgekit.mistakes.of_homeservers import (
    HS_FORCES_ENCRYPTION,
    HS_PUSHER_DEAD,
    HS_STRANGE,
    MAU_LIMIT,
)

PATIENCE = 20.0  # seconds; Synapse sends in far less than one


class Refusing:
    """Takes no transactions: nothing here could store them, so the homeserver must keep them."""

    def __init__(self) -> None:
        self.rooms: set[str] = set()  # of what came all the same
        self._came = asyncio.Event()

    async def accept(self, txn: str, body: str, content: Mapping[str, Any]) -> None:
        del body
        for event in content.get("events") or ():
            if isinstance(event, dict):
                self.rooms.add(str(event.get("room_id")))
        self._came.set()
        raise RuntimeError(f"the doctor does not take transaction {txn}")

    async def heard_of(self, room: str) -> bool:
        """Wait until something of this room came; False: it did not."""
        try:
            async with asyncio.timeout(PATIENCE):
                while room not in self.rooms:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            return False
        return True


async def events_arrive(ask: Asking, listener: Refusing) -> AsyncIterator[Finding]:
    """Make a room of the bot's, look at it, wait for its events, and leave it."""
    made = await ask("POST", "v3/createRoom", {"preset": "private_chat", "name": "doctor"})
    room = made.get("room_id")
    if made.get("errcode") == "M_RESOURCE_LIMIT_EXCEEDED":
        yield MAU_LIMIT.found()
        return
    if made.status != OK or not room:
        yield HS_STRANGE.found(f"The bot could make no room to try events with ({made}).")
        return
    try:
        forced = await is_encrypted(ask, room)
        arrived = await listener.heard_of(room)
    finally:
        path = f"v3/rooms/{quote(room, safe='')}"
        await ask("POST", f"{path}/leave", {})
        await ask("POST", f"{path}/forget", {})
    if forced and not ask.config.encryption.on:
        yield HS_FORCES_ENCRYPTION.found("The homeserver has encrypted a new room by itself.")
    if arrived:
        yield Finding(Severity.OK, "Events arrive from the homeserver.")
    else:
        yield HS_PUSHER_DEAD.found(f"No event arrived within {PATIENCE:.0f} s.")
