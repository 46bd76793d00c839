"""Who may do what in a room: the authorisation rules of room version 12, for one local server."""

from __future__ import annotations

import math
from typing import Any

from bridgekit.testing.homeserver.errors import MatrixError, forbidden
from bridgekit.testing.homeserver.rooms import Room

JSON = dict[str, Any]


def level_of(room: Room, user_id: str) -> float:
    if room.creators_rule and user_id in room.creators:
        return math.inf
    levels = room.content("m.room.power_levels")
    level: int = levels.get("users", {}).get(user_id, levels.get("users_default", 0))
    return level


def named_level(room: Room, name: str, default: int) -> int:
    level: int = room.content("m.room.power_levels").get(name, default)
    return level


def check_joined(room: Room, user_id: str) -> None:
    if room.membership(user_id) != "join":
        raise forbidden(f"User {user_id} not in room {room.id}")


def check_send(room: Room, sender: str, event_type: str, state_key: str | None) -> None:
    """Refuse a kind of event that `sender` may not send (rules 7 to 9)."""
    check_joined(room, sender)
    default = (
        named_level(room, "events_default", 0)
        if state_key is None
        else named_level(room, "state_default", 50)
    )
    needed = room.content("m.room.power_levels").get("events", {}).get(event_type, default)
    if level_of(room, sender) < needed:
        raise forbidden(
            "You don't have permission to post that to the room. "
            f"user_level ({level_of(room, sender)}) < send_level ({needed})"
        )
    if state_key is not None and state_key.startswith("@") and state_key != sender:
        raise forbidden("You are not allowed to set others state")


def check_membership(
    room: Room, sender: str, target: str, membership: str, *, admitted: bool = False
) -> None:
    """Refuse what `sender` may not do to the membership of `target` (rule 5).

    `admitted`: a room that lets its members in has them.
    """
    match membership:
        case "join":
            _check_join(room, sender, target, admitted=admitted)
        case "invite":
            _check_invite(room, sender, target)
        case "leave":
            _check_leave(room, sender, target)
        case "ban":
            _check_in_room(room, sender)
            _check_above(room, sender, target, "ban", "You don't have permission to ban this user")
        case _:
            raise MatrixError(400, "M_UNKNOWN", "Invalid membership key")


def _check_in_room(room: Room, sender: str) -> None:
    if room.membership(sender) != "join":
        raise forbidden(f"{sender} not in room {room.id}.")


def _check_join(room: Room, sender: str, target: str, *, admitted: bool) -> None:
    if sender != target:
        raise forbidden("Cannot force another user to join.")
    if room.content("m.room.join_rules").get("join_rule", "invite") == "public" or admitted:
        return
    if room.membership(target) not in ("join", "invite"):
        raise forbidden("You are not invited to this room.")


def _check_invite(room: Room, sender: str, target: str) -> None:
    _check_in_room(room, sender)
    if room.membership(target) == "join":
        raise forbidden(f"{target} is already in the room.")
    if level_of(room, sender) < named_level(room, "invite", 0):
        raise forbidden("You don't have permission to invite users")


def _check_leave(room: Room, sender: str, target: str) -> None:
    if sender == target and room.membership(sender) == "invite":
        return
    _check_in_room(room, sender)
    if room.membership(target) == "ban" and level_of(room, sender) < named_level(room, "ban", 50):
        raise forbidden(f"You cannot unban user {target}.")
    if sender != target:
        _check_above(room, sender, target, "kick", f"You cannot kick user {target}.")


def _check_above(room: Room, sender: str, target: str, power: str, error: str) -> None:
    own = level_of(room, sender)
    if own < named_level(room, power, 50) or own <= level_of(room, target):
        raise forbidden(error)
