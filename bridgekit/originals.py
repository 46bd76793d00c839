"""Events that others refer to, read from the homeserver: who wrote them, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.said import before

KEPT = 1_000


class Originals:
    """A few of the latest are kept."""

    def __init__(self, intents: Intents) -> None:
        self._intents = intents
        self._kept: LRU[tuple[RoomID, EventID], Mapping[str, Any]] = LRU(KEPT)

    async def of(
        self, room: RoomID, event: EventID, reader: UserID | None = None
    ) -> Mapping[str, Any] | None:
        """The event, read by `reader` where the bot is not in the room; None if it is not there."""
        known = self._kept.get((room, event))
        if known is not None:
            return known
        for user in (None, reader) if reader else (None,):
            try:
                found = await self._intents.event(room, event, user)
            except Refused:
                continue
            if found is not None:
                return self._kept.put((room, event), found)
        return None

    async def sender(
        self, room: RoomID, event: EventID, reader: UserID | None = None
    ) -> UserID | None:
        """Who wrote it."""
        found = await self.of(room, event, reader)
        return None if found is None else UserID(str(found.get("sender")))

    async def came_after(self, room: RoomID, user: UserID, event: Mapping[str, Any]) -> bool:
        """Whether somebody was not in the room yet when this was said, as far as is known."""
        try:
            found = await self._intents.state_event(room, "m.room.member", user) or {}
        except Refused:
            return False
        was = (before(found) or {}).get("membership")
        came, at = found.get("origin_server_ts"), event.get("origin_server_ts")
        return was != "join" and isinstance(came, int) and isinstance(at, int) and at < came

    def forget(self, room: RoomID, event: EventID) -> None:
        """It was redacted."""
        self._kept.forget((room, event))
