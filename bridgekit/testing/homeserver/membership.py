"""Changing who is in a room: invite, join, leave, kick, ban, unban."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.errors import MatrixError, forbidden
from bridgekit.testing.homeserver.powers import check_membership
from bridgekit.testing.homeserver.rooms import Event, Room
from bridgekit.testing.homeserver.world import World

JSON = dict[str, Any]

_MEMBERSHIP = {"kick": "leave", "unban": "leave"}


def change_member(
    world: World,
    room: Room,
    sender: str,
    target: str,
    action: str,
    extra: JSON | None = None,
    at: int | None = None,
) -> Event:
    """Do `action` (a membership, "kick" or "unban") to `target`; the event that says so.

    What changes nothing adds no event, as in Synapse: the one that stands is returned.
    """
    membership = _MEMBERSHIP.get(action, action)
    old = room.state.get(("m.room.member", target))
    content = {**profile_of(world, target, membership), **(extra or {}), "membership": membership}
    _check_old(action, room.membership(target))
    if old and old.sender == sender and old.content == content:
        return old
    admitted = _admitted(world, room, target)
    check_membership(room, sender, target, membership, admitted=admitted)
    unsigned = {"invite_room_state": room.stripped_state(sender)} if action == "invite" else {}
    event = world.append(room, "m.room.member", sender, content, target, at, unsigned)
    if membership in ("leave", "ban"):
        world.stop_typing(room, target)
    return event


def _admitted(world: World, room: Room, target: str) -> bool:
    """Whether they are in a room whose members may enter this one (spec, "Restricted rooms")."""
    rules = room.content("m.room.join_rules")
    if rules.get("join_rule") != "restricted":
        return False
    there = (world.rooms.get(one.get("room_id", "")) for one in rules.get("allow", ()))
    return any(one is not None and one.membership(target) == "join" for one in there)


def _check_old(action: str, membership: str | None) -> None:
    if action == "kick" and membership in (None, "leave", "ban"):
        raise forbidden("The target user is not in the room")
    if action == "unban" and membership not in (None, "ban"):
        error = f"Cannot unban user who was not banned (membership={membership})"
        raise MatrixError(403, "M_BAD_STATE", error)
    if membership == "ban" and action not in ("ban", "unban", "leave"):
        raise MatrixError(403, "M_BAD_STATE", f"Cannot {action} user who was banned")


def profile_of(world: World, user_id: str, membership: str) -> JSON:
    """Joins and invites carry the name and avatar of whom they are about."""
    account = world.accounts.get(user_id)
    if account is None or membership not in ("join", "invite"):
        return {}
    given = {"displayname": account.display_name, "avatar_url": account.avatar_url}
    return {key: value for key, value in given.items() if value is not None}
