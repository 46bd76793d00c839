"""Sending messages, redactions and state; transaction IDs make the first two safe to repeat."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver import redaction
from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.endpoints.found import room_of
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.levels import check_power_levels
from bridgekit.testing.homeserver.membership import change_member
from bridgekit.testing.homeserver.powers import check_send
from bridgekit.testing.homeserver.rooms import Room
from bridgekit.testing.homeserver.validation import check_content

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
    if kind == "m.room.redaction" and room.redacts_in_content and "redacts" in content:
        target, txn = content["redacts"], call.params["txn"]
        event = redaction.redact(
            call.world, room, call.user, target, content, txn, at=call.timestamp
        )
        return event.id
    check_content(room.id, kind, content)
    check_send(room, call.user, kind, None)
    _check_relation(call, room, content)
    at, transaction = call.timestamp, call.params["txn"]
    return call.world.append(room, kind, call.user, content, at=at, transaction=transaction).id


def _check_relation(call: Call, room: Room, content: JSON) -> None:
    """As Synapse does (`EventCreationHandler._validate_event_relation`)."""
    relation = content.get("m.relates_to", {})
    if "rel_type" not in relation:
        return
    others = (one for one in call.world.rooms.values() if one is not room)
    if any(one.place(relation.get("event_id", "")) is not None for one in others):
        raise MatrixError(400, "M_UNKNOWN", "Relations must be in the same room")


async def redact(call: Call) -> JSON:
    """PUT /rooms/{room}/redact/{event}/{txn}."""
    key = _requester(call)
    if key not in call.world.answered:
        call.world.answered[key] = {"event_id": _redact(call)}
    return call.world.answered[key]


def _redact(call: Call) -> str:
    """Synapse heeds no `ts` here, unlike at `/send` and `/state`."""
    room, target = room_of(call), call.params["event"]
    if room.redacts_in_content and call.json.get("redacts", target) != target:
        error = "Cannot provide a redacts value incoherent with the event_id of the URL parameter"
        raise MatrixError(400, "M_INVALID_PARAM", error)
    txn = call.params["txn"]
    return redaction.redact(call.world, room, call.user, target, call.json, txn).id


async def put_state(call: Call) -> JSON:
    """PUT /rooms/{room}/state/{type}/{key}; the same state again adds no event, as in Synapse."""
    room, kind, content = room_of(call), call.params["type"], call.json
    state_key = call.params.get("key", "")
    if kind == "m.room.member":
        return {"event_id": _put_member(call, room, state_key, content)}
    check_content(room.id, kind, content)
    check_send(room, call.user, kind, state_key)
    _check_links(call, room, kind, content)
    current = room.state.get((kind, state_key))
    if current and current.sender == call.user and current.content == content:
        return {"event_id": current.id}
    event = call.world.append(room, kind, call.user, content, state_key, at=call.timestamp)
    return {"event_id": event.id}


def _put_member(call: Call, room: Room, target: str, content: JSON) -> str:
    membership = content.get("membership", "")
    at = call.timestamp
    return change_member(call.world, room, call.user, target, membership, content, at).id


def _check_links(call: Call, room: Room, kind: str, content: JSON) -> None:
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
