"""Making rooms and entering them."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.creation import create_content, initial_state, version_of
from bridgekit.testing.homeserver.directory import add_alias, resolve_alias
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.membership import change_member, profile_of
from bridgekit.testing.homeserver.rooms import Room

JSON = dict[str, Any]


async def create_room(call: Call) -> JSON:
    """POST /createRoom; the alias is taken before any state is written, as in Synapse."""
    config = call.json
    alias = _alias(call, config)
    if alias in call.world.aliases:
        raise MatrixError(400, "M_ROOM_IN_USE", "Room alias already taken")
    created = create_content(config, call.user)
    creators = frozenset({call.user, *created.get("additional_creators", ())})
    room = call.world.add_room(version_of(config), creators)
    if alias is not None:
        add_alias(call.world, alias, room.id, call.user, call.appservice)
    _fill(call, room, config, created, alias)
    return {"room_id": room.id}


def _alias(call: Call, config: JSON) -> str | None:
    if "room_alias_name" not in config:
        return None
    return f"#{config['room_alias_name']}:{call.world.domain}"


def _fill(call: Call, room: Room, config: JSON, created: JSON, alias: str | None) -> None:
    world, creator = call.world, call.user
    world.append(room, "m.room.create", creator, created, "")
    # A join needs an invitation or a public room; the creator's own is the exception (rule 5.3.1).
    profile = profile_of(world, creator, "join")
    world.append(room, "m.room.member", creator, {**profile, "membership": "join"}, creator)
    for kind, state_key, content in initial_state(config, creator, alias):
        world.append(room, kind, creator, content, state_key)
    direct = {"is_direct": True} if config.get("is_direct") else {}
    for invitee in config.get("invite", ()):
        change_member(world, room, creator, invitee, "invite", direct)


async def join(call: Call) -> JSON:
    """POST /join/{alias or ID}."""
    target = call.params["target"]
    if target.startswith("#"):
        target = await resolve_alias(call.world, call.outbound, target)
    return _join(call, target)


async def join_room(call: Call) -> JSON:
    return _join(call, call.params["room"])


def _join(call: Call, room_id: str) -> JSON:
    room = call.world.rooms.get(room_id)
    if room is None:
        error = "Can't join remote room because no servers that are in the room have been provided."
        raise MatrixError(404, "M_UNKNOWN", error)
    reason = {key: call.json[key] for key in ("reason",) if key in call.json}
    change_member(call.world, room, call.user, call.user, "join", reason)
    return {"room_id": room_id}


async def joined_rooms(call: Call) -> JSON:
    rooms = call.world.rooms.values()
    return {"joined_rooms": [room.id for room in rooms if room.membership(call.user) == "join"]}


ROUTES = [
    Route("POST", "/createRoom", create_room),
    Route("POST", "/join/{target}", join),
    Route("POST", "/rooms/{room}/join", join_room),
    Route("GET", "/joined_rooms", joined_rooms),
]
