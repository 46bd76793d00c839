"""Rooms that replace each other, as their state says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from bridgekit.ids import RoomID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents

TOMBSTONE = "m.room.tombstone"
LONGEST = 20  # rooms that replace each other, in one go


def predecessor(create: Mapping[str, Any]) -> RoomID | None:
    """The room that a room says it replaces, in its `m.room.create`."""
    before = create.get("predecessor")
    room = before.get("room_id") if isinstance(before, dict) else None
    return RoomID(room) if isinstance(room, str) else None


async def is_replaced(intents: Intents, room: RoomID) -> bool:
    """Whether a room was upgraded, or closed. Where the bot may not look: no."""
    with suppress(Refused):
        return bool(await intents.state(room, TOMBSTONE))
    return False


async def rooms_before(intents: Intents, room: RoomID) -> AsyncIterator[RoomID]:
    """Those that it replaces, the last one first, as far as they can be looked into."""
    seen = {room}
    with suppress(Refused):
        while len(seen) <= LONGEST:
            before = predecessor(await intents.state(room, "m.room.create") or {})
            if before is None or before in seen:
                return
            yield before
            seen.add(before)
            room = before
