"""Upgrading rooms: a new room of another version that names the old one, and a tombstone there."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.creation import create_content, initial_state, version_of
from bridgekit.testing.homeserver.endpoints.found import room_of
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.membership import profile_of
from bridgekit.testing.homeserver.powers import check_send
from bridgekit.testing.homeserver.rooms import CREATORS_RULE_FROM, Room
from bridgekit.testing.homeserver.world import Alias

JSON = dict[str, Any]

# What Synapse copies into the new room (RoomCreationHandler.clone_existing_room).
_COPIED = (
    *("m.room.join_rules", "m.room.name", "m.room.topic", "m.room.history_visibility"),
    *("m.room.guest_access", "m.room.avatar", "m.room.encryption"),
)


async def upgrade(call: Call) -> JSON:
    """POST /rooms/{room}/upgrade; nobody is invited, the aliases of the room move."""
    world, old = call.world, room_of(call)
    check_send(old, call.user, "m.room.tombstone", "")
    last = old.events[-1].id
    predecessor = {"room_id": old.id, "event_id": last}
    kept = [
        {"type": kind, "state_key": "", "content": old.content(kind)}
        for kind in _COPIED
        if (kind, "") in old.state
    ]
    kept.append(_powers(old, call))
    config = {
        "room_version": call.json.get("new_version"),
        "creation_content": {"predecessor": predecessor},
        "initial_state": kept,
    }
    new = world.add_room(version_of(config), frozenset({call.user}))
    world.append(new, "m.room.create", call.user, create_content(config, call.user), "")
    joined = {**profile_of(world, call.user, "join"), "membership": "join"}
    world.append(new, "m.room.member", call.user, joined, call.user)
    for kind, state_key, content in initial_state(config, call.user, None):
        world.append(new, kind, call.user, content, state_key)
    tombstone = {"body": "This room has been replaced", "replacement_room": new.id}
    world.append(old, "m.room.tombstone", call.user, tombstone, "")
    _close(call, old)
    for alias, found in list(world.aliases.items()):
        if found.room == old.id:
            world.aliases[alias] = Alias(new.id, found.creator)
    return {"replacement_room": new.id}


def _close(call: Call, old: Room) -> None:
    """As Synapse does (`_update_upgraded_room_pls`), where whoever upgrades a room may."""
    levels = old.content("m.room.power_levels")
    least = max(levels.get("users_default", 0) + 1, 50)
    raised = {name: least for name in ("invite", "events_default") if levels.get(name, 0) < least}
    if raised:
        with suppress(MatrixError):
            check_send(old, call.user, "m.room.power_levels", "")
            content = {**levels, **raised}
            call.world.append(old, "m.room.power_levels", call.user, content, "")


def _powers(old: Room, call: Call) -> JSON:
    """The old room's levels; creators of the new one stand above them, or are at the top."""
    levels = old.content("m.room.power_levels")
    users = dict(levels.get("users", {}))
    if int(version_of({"room_version": call.json.get("new_version")})) >= CREATORS_RULE_FROM:
        users.pop(call.user, None)
    else:
        users.setdefault(call.user, 100)
    return {"type": "m.room.power_levels", "state_key": "", "content": {**levels, "users": users}}


ROUTES = [Route("POST", "/rooms/{room}/upgrade", upgrade)]
