"""Sending messages, redactions and state; transaction IDs make the first two safe to repeat."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.endpoints.found import room_of
from bridgekit.testing.homeserver.errors import MatrixError, not_found
from bridgekit.testing.homeserver.membership import change_member
from bridgekit.testing.homeserver.powers import check_power_levels, check_redaction, check_send
from bridgekit.testing.homeserver.rooms import Room

JSON = dict[str, Any]


def _requester(call: Call) -> tuple[str, str]:
    """What an answer is remembered by: Synapse takes the path and the application service.

    Not the ghost: see `HttpTransactionCache._get_transaction_key`.
    """
    return call.request.path, call.appservice.id if call.appservice else call.user


async def send_event(call: Call) -> JSON:
    """PUT /rooms/{room}/send/{type}/{txn}; the same again answers the same and does nothing."""
    key = _requester(call)
    if key not in call.world.answered:
        call.world.answered[key] = {"event_id": _send(call)}
    return call.world.answered[key]


def _send(call: Call) -> str:
    room, kind, content = room_of(call), call.params["type"], call.json
    check_send(room, call.user, kind, None)
    if kind == "m.room.message":
        for name in ("body", "msgtype"):
            if not isinstance(content.get(name), str):
                raise MatrixError(400, "M_UNKNOWN", f"'{name}' not in content")
    at, transaction = call.timestamp, call.params["txn"]
    return call.world.append(room, kind, call.user, content, at=at, transaction=transaction).id


async def redact(call: Call) -> JSON:
    """PUT /rooms/{room}/redact/{event}/{txn}."""
    key = _requester(call)
    if key not in call.world.answered:
        call.world.answered[key] = {"event_id": _redact(call)}
    return call.world.answered[key]


def _redact(call: Call) -> str:
    room = room_of(call)
    check_send(room, call.user, "m.room.redaction", None)
    target = room.find(call.params["event"])
    if target is None:
        raise not_found(f"Could not find event {call.params['event']}")
    check_redaction(room, call.user, target.sender)
    content = {**call.json, "redacts": target.id}
    at, transaction = call.timestamp, call.params["txn"]
    event = call.world.append(
        room, "m.room.redaction", call.user, content, at=at, transaction=transaction
    )
    room.redact(target, event.for_clients(call.world.now()))
    call.world.changes.notify()
    return event.id


async def put_state(call: Call) -> JSON:
    """PUT /rooms/{room}/state/{type}/{key}; the same state again adds no event, as in Synapse."""
    room, kind, content = room_of(call), call.params["type"], call.json
    state_key = call.params.get("key", "")
    if kind == "m.room.member":
        return {"event_id": _put_member(call, room, state_key, content)}
    check_send(room, call.user, kind, state_key)
    _check_content(call, room, kind, content)
    current = room.state.get((kind, state_key))
    if current and current.sender == call.user and current.content == content:
        return {"event_id": current.id}
    event = call.world.append(room, kind, call.user, content, state_key, at=call.timestamp)
    return {"event_id": event.id}


def _put_member(call: Call, room: Room, target: str, content: JSON) -> str:
    membership = content.get("membership", "")
    return change_member(call.world, room, call.user, target, membership, content).id


def _check_content(call: Call, room: Room, kind: str, content: JSON) -> None:
    if kind == "m.room.power_levels":
        check_power_levels(room, call.user, content)
    if kind == "m.room.canonical_alias":
        for alias in (content.get("alias"), *content.get("alt_aliases", ())):
            target = call.world.aliases.get(alias) if alias else None
            if alias and (target is None or target.room != room.id):
                error = f"Room alias {alias} does not point to the room"
                raise MatrixError(400, "M_BAD_ALIAS", error)


ROUTES = [
    Route("PUT", "/rooms/{room}/send/{type}/{txn}", send_event),
    Route("PUT", "/rooms/{room}/redact/{event}/{txn}", redact),
    Route("PUT", "/rooms/{room}/state/{type}", put_state),
    Route("PUT", "/rooms/{room}/state/{type}/{key}", put_state),
]
