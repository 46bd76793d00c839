"""Changing and listing who is in a room."""

from __future__ import annotations

from functools import partial
from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.endpoints.found import room_of, seen_room
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.membership import change_member
from bridgekit.testing.homeserver.powers import check_joined

JSON = dict[str, Any]


async def _change(call: Call, action: str) -> JSON:
    body = call.json
    if not isinstance(body.get("user_id"), str):
        raise MatrixError(400, "M_MISSING_PARAM", "Missing params: ['user_id']")
    reason = {"reason": body["reason"]} if "reason" in body else {}
    change_member(call.world, room_of(call), call.user, body["user_id"], action, reason)
    return {}


async def leave(call: Call) -> JSON:
    if call.params["room"] not in call.world.rooms:
        raise MatrixError(404, "M_UNKNOWN", "Not a known room")
    reason = {"reason": call.json["reason"]} if "reason" in call.json else {}
    change_member(call.world, room_of(call), call.user, call.user, "leave", reason)
    return {}


async def joined_members(call: Call) -> JSON:
    room = room_of(call)
    check_joined(room, call.user)
    shown = {}
    for user in room.members():
        content = room.content("m.room.member", user)
        shown[user] = {
            "display_name": content.get("displayname"),
            "avatar_url": content.get("avatar_url"),
        }
    return {"joined": shown}


async def members(call: Call) -> JSON:
    room = seen_room(call)
    wanted, unwanted = call.query.get("membership"), call.query.get("not_membership")
    chunk = [
        event.for_clients(call.world.now())
        for (kind, _), event in room.state.items()
        if kind == "m.room.member"
        and wanted in (None, event.content["membership"])
        and unwanted != event.content["membership"]
    ]
    return {"chunk": chunk}


ROUTES = [
    *(
        Route("POST", f"/rooms/{{room}}/{action}", partial(_change, action=action))
        for action in ("invite", "kick", "ban", "unban")
    ),
    Route("POST", "/rooms/{room}/leave", leave),
    Route("GET", "/rooms/{room}/joined_members", joined_members),
    Route("GET", "/rooms/{room}/members", members),
]
