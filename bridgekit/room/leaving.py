"""Ghosts leave a room that is not their chat's any more."""

from __future__ import annotations

from collections.abc import Callable

from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents


async def ghosts_leave(
    intents: Intents, room: RoomID, ghost: Callable[[UserID], bool], why: str
) -> None:
    """Whoever is a `ghost` leaves, or refuses the invitation; safe to repeat, `RetryLater`."""
    try:
        members = await intents.members(room)
    except Refused:  # the bot is not there: nobody can tell who is
        return
    for user in members:
        if user != intents.bot and ghost(user):
            await intents.leave(user, room, why)
