"""Typing and receipts: pushed to those who want them, kept nowhere."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.endpoints.found import room_of
from bridgekit.testing.homeserver.errors import forbidden
from bridgekit.testing.homeserver.powers import check_joined

JSON = dict[str, Any]


async def typing(call: Call) -> JSON:
    """PUT /rooms/{room}/typing/{user}. It lasts until it is taken back: no time runs out here."""
    room = room_of(call)
    if call.params["user"] != call.user:
        raise forbidden("Cannot set another user's typing state")
    check_joined(room, call.user)
    users = call.world.typing.setdefault(room.id, [])
    active = bool(call.json["typing"])
    if active != (call.user in users):
        (users.append if active else users.remove)(call.user)
        call.world.append_ephemeral(room, "m.typing", {"user_ids": list(users)})
    return {}


async def receipt(call: Call) -> JSON:
    """POST /rooms/{room}/receipt/{type}/{event}."""
    _receipt(call, call.params["type"], call.params["event"])
    return {}


async def read_markers(call: Call) -> JSON:
    if "m.read" in call.json:
        _receipt(call, "m.read", call.json["m.read"])
    return {}


def _receipt(call: Call, kind: str, event_id: str) -> None:
    room = room_of(call)
    check_joined(room, call.user)
    if kind == "m.read":  # private receipts are nobody else's business
        read = {event_id: {kind: {call.user: {"ts": call.world.now()}}}}
        call.world.append_ephemeral(room, "m.receipt", read)


ROUTES = [
    Route("PUT", "/rooms/{room}/typing/{user}", typing),
    Route("POST", "/rooms/{room}/receipt/{type}/{event}", receipt),
    Route("POST", "/rooms/{room}/read_markers", read_markers),
]
