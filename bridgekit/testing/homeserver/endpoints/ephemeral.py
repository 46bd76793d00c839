"""Typing and receipts: pushed to those who want them, kept nowhere."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.endpoints.found import room_of
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.powers import check_joined

JSON = dict[str, Any]

_RECEIPTS = ("m.read", "m.read.private", "m.fully_read")


async def typing(call: Call) -> JSON:
    """PUT /rooms/{room}/typing/{user}. It lasts until it is taken back: no time runs out here."""
    room = room_of(call)
    if call.params["user"] != call.user:
        raise MatrixError(400, "M_FORBIDDEN", "Cannot set another user's typing state")
    check_joined(room, call.user)
    users = call.world.typing.setdefault(room.id, [])
    active = bool(call.json["typing"])
    if active != (call.user in users):
        (users.append if active else users.remove)(call.user)
        call.world.append_ephemeral(room, "m.typing", {"user_ids": list(users)})
    return {}


async def receipt(call: Call) -> JSON:
    """POST /rooms/{room}/receipt/{type}/{event}."""
    kind, event_id = call.params["type"], call.params["event"]
    if not event_id.startswith("$"):
        raise MatrixError(400, "M_UNKNOWN", "A valid room ID and event ID must be specified")
    if kind not in _RECEIPTS:
        error = f"Receipt type must be {', '.join(_RECEIPTS)}"
        raise MatrixError(400, "M_UNKNOWN", error)
    thread = call.json.get("thread_id")
    if "thread_id" in call.json and not (thread and isinstance(thread, str)):
        raise MatrixError(400, "M_INVALID_PARAM", "thread_id field must be a non-empty string")
    _receipt(call, kind, event_id, thread)
    return {}


async def read_markers(call: Call) -> JSON:
    for kind in _RECEIPTS:
        if event_id := call.json.get(kind):
            _receipt(call, kind, event_id)
    return {}


def _receipt(call: Call, kind: str, event_id: str, thread: str | None = None) -> None:
    """One that goes back, or is for an event that is not here, changes nothing."""
    room = room_of(call)
    check_joined(room, call.user)
    key = (room.id, kind, call.user, thread or "")
    place = room.place(event_id)
    if place is None or place <= call.world.read.get(key, -1):
        return
    call.world.read[key] = place
    if kind != "m.fully_read":
        data = {"ts": call.world.now()} | ({"thread_id": thread} if thread else {})
        call.world.append_ephemeral(room, "m.receipt", {event_id: {kind: {call.user: data}}})


ROUTES = [
    Route("PUT", "/rooms/{room}/typing/{user}", typing),
    Route("POST", "/rooms/{room}/receipt/{type}/{event}", receipt),
    Route("POST", "/rooms/{room}/read_markers", read_markers),
]
