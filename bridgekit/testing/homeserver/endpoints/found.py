"""Finding the room that a call names, as the one who calls may see it."""

from __future__ import annotations

from bridgekit.testing.homeserver.calls import Call
from bridgekit.testing.homeserver.errors import forbidden
from bridgekit.testing.homeserver.rooms import Room


def room_of(call: Call) -> Room:
    """The room, known or not to the caller; an unknown one looks like a forbidden one."""
    room = call.world.rooms.get(call.params["room"])
    if room is None:
        raise forbidden(f"User {call.user} not in room {call.params['room']}")
    return room


def seen_room(call: Call) -> Room:
    """The room, for one who is or was in it."""
    room = room_of(call)
    if room.membership(call.user) not in ("join", "leave", "ban"):
        raise forbidden(f"User {call.user} not in room {room.id}")
    return room
