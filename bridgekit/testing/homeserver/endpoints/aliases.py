"""The room directory: aliases."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.directory import add_alias, remove_alias, resolve_alias
from bridgekit.testing.homeserver.endpoints.found import room_of
from bridgekit.testing.homeserver.powers import check_joined

JSON = dict[str, Any]


async def get_alias(call: Call) -> JSON:
    room_id = await resolve_alias(call.world, call.outbound, call.params["alias"])
    return {"room_id": room_id, "servers": [call.world.domain]}


async def get_aliases(call: Call) -> JSON:
    """Those of our own homeserver, for who is in the room (spec: "Room aliases")."""
    room = room_of(call)
    check_joined(room, call.user)
    return {"aliases": call.world.aliases_of(room.id)}


async def put_alias(call: Call) -> JSON:
    room_id = call.json["room_id"]
    add_alias(call.world, call.params["alias"], room_id, call.user, call.appservice)
    return {}


async def delete_alias(call: Call) -> JSON:
    remove_alias(call.world, call.params["alias"], call.user, call.appservice)
    return {}


ROUTES = [
    Route("GET", "/directory/room/{alias}", get_alias, access=False),
    Route("GET", "/rooms/{room}/aliases", get_aliases),
    Route("PUT", "/directory/room/{alias}", put_alias),
    Route("DELETE", "/directory/room/{alias}", delete_alias),
]
