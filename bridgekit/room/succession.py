"""Rooms that replace each other, as their state says."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any

from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Millis

TOMBSTONE = "m.room.tombstone"
LONGEST = 20  # rooms that replace each other, in one go


def predecessor(create: Mapping[str, Any]) -> RoomID | None:
    """The room that a room says it replaces, in its `m.room.create`."""
    before = create.get("predecessor")
    room = before.get("room_id") if isinstance(before, dict) else None
    return RoomID(room) if isinstance(room, str) else None


async def replaced_at(
    intents: Intents, room: RoomID, reader: UserID | None = None
) -> Millis | None:
    """When a room was upgraded, or closed. None: it was not, or `reader` (None: the bot) may not
    look.
    """
    with suppress(Refused):
        found = await intents.state_event(room, TOMBSTONE, as_user=reader)
        if found is not None and found.get("content"):
            return int(found["origin_server_ts"])
    return None


async def room_before(intents: Intents, room: RoomID) -> RoomID | None:
    """The one that it replaces. None: there is none, or the bot may not look."""
    with suppress(Refused):
        return predecessor(await intents.state(room, "m.room.create") or {})
    return None


async def rooms_back(
    intents: Intents, room: RoomID, former: RoomID | None
) -> AsyncGenerator[RoomID]:
    """A chat's room, `former`, which it had before, and those that this replaces, the last first.

    Each is looked up only when it is asked for.
    """
    yield room
    seen: set[RoomID] = set()
    while former is not None and former not in seen and len(seen) <= LONGEST:
        if former != room:
            yield former
        seen.add(former)
        former = await room_before(intents, former)
