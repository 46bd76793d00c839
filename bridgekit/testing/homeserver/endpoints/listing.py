"""The directory of public rooms, and what application services tell of their networks."""

from __future__ import annotations

import json
from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.endpoints.found import room_of
from bridgekit.testing.homeserver.errors import MatrixError, forbidden

JSON = dict[str, Any]


async def list_room(call: Call) -> JSON:
    """PUT /directory/list/room/{room}."""
    return _list(call, "")


async def list_in_network(call: Call) -> JSON:
    """PUT /directory/list/appservice/{network}/{room}, for application services only."""
    if call.appservice is None:
        raise forbidden("Only appservices can edit the appservice published room list")
    return _list(call, f"{call.appservice.id}|{call.params['network']}")


def _list(call: Call, instance: str) -> JSON:
    visibility = call.json.get("visibility", "public")
    if visibility not in ("public", "private"):
        raise MatrixError(400, "M_INVALID_PARAM", "visibility must be 'public' or 'private'")
    listed = (instance, room_of(call).id)
    if visibility == "public":
        call.world.listed.add(listed)
    else:
        call.world.listed.discard(listed)
    call.world.changes.notify()
    return {}


async def public_rooms(call: Call) -> JSON:
    """POST /publicRooms, all of them or of one network (`third_party_instance_id`)."""
    instance = call.json.get("third_party_instance_id", "")
    found = [room for where, room in call.world.listed if where == instance]
    chunk = [
        {"room_id": room, "name": call.world.rooms[room].content("m.room.name").get("name")}
        for room in sorted(found)
    ]
    return {"chunk": chunk, "total_room_count_estimate": len(chunk)}


async def protocol(call: Call) -> JSON:
    """GET /thirdparty/protocol/{protocol}; adds `instance_id` as Synapse does."""
    found = await _asked(call, f"protocol/{call.params['protocol']}")
    for service_id, answer in found:
        for instance in answer.get("instances", ()):
            instance["instance_id"] = f"{service_id}|{instance['network_id']}"
    if not found:
        raise MatrixError(404, "M_NOT_FOUND", "Unknown protocol")
    return dict(found[0][1])


async def look_up(call: Call) -> Any:
    """GET /thirdparty/{location,user}/{protocol}."""
    answers = await _asked(call, f"{call.params['kind']}/{call.params['protocol']}")
    return [item for _, answer in answers for item in answer]


async def reverse(call: Call) -> Any:
    """GET /thirdparty/{location,user}."""
    answers = await _asked(call, call.params["kind"])
    return [item for _, answer in answers for item in answer]


async def _asked(call: Call, path: str) -> list[tuple[str, Any]]:
    found = []
    for service in call.world.appservices.values():
        status, body = await call.outbound.look_up(service, path, call.query)
        if status == 200:  # noqa: PLR2004  HTTP's "OK"
            found.append((service.id, json.loads(body)))
    return found


ROUTES = [
    Route("PUT", "/directory/list/room/{room}", list_room),
    Route("PUT", "/directory/list/appservice/{network}/{room}", list_in_network),
    Route("POST", "/publicRooms", public_rooms),
    Route("GET", "/thirdparty/protocol/{protocol}", protocol),
    Route("GET", "/thirdparty/{kind}/{protocol}", look_up),
    Route("GET", "/thirdparty/{kind}", reverse),
]
