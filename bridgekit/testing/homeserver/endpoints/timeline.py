"""Reading rooms: state, history and single events."""

from __future__ import annotations

import json
from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.endpoints.found import seen_room
from bridgekit.testing.homeserver.errors import MatrixError, not_found
from bridgekit.testing.homeserver.rooms import Event

JSON = dict[str, Any]

_MOST = 1000


async def all_state(call: Call) -> Any:
    room = seen_room(call)
    return [event.for_clients(call.world.now(), call.user) for event in room.state.values()]


async def one_state(call: Call) -> JSON:
    event = seen_room(call).state.get((call.params["type"], call.params.get("key", "")))
    if event is None:
        raise not_found("Event not found.")
    as_event = call.query.get("format") == "event"
    return event.for_clients(call.world.now(), call.user) if as_event else event.content


async def one_event(call: Call) -> JSON:
    room, now = seen_room(call), call.world.now()
    event = room.find(call.params["event"])
    if event is None:
        raise not_found("Event not found.")
    shown = event.for_clients(now, call.user)
    edits = [one for one in room.events if one.sender == event.sender and _replaces(one, event)]
    if edits:  # bundled (client-server API, "Server-side aggregation of m.replace")
        latest = edits[-1].for_clients(now, call.user)
        shown["unsigned"]["m.relations"] = {"m.replace": latest}
    return shown


def _replaces(edit: Event, event: Event) -> bool:
    relation = edit.content.get("m.relates_to")
    return isinstance(relation, dict) and (
        (relation.get("rel_type"), relation.get("event_id")) == ("m.replace", event.id)
    )


async def messages(call: Call) -> JSON:
    """GET /rooms/{room}/messages. A token is a place between events: `t4` follows the fourth."""
    events = seen_room(call).events
    forwards = call.query.get("dir", "b") == "f"
    start = _place(call.query.get("from"), 0 if forwards else len(events))
    limit = min(int(call.query.get("limit", "10")), _MOST)
    end = min(start + limit, len(events)) if forwards else max(start - limit, 0)
    chunk = events[start:end] if forwards else events[end:start][::-1]
    wanted = json.loads(call.query.get("filter", "{}"))
    now = call.world.now()
    answer: JSON = {
        "chunk": [event.for_clients(now, call.user) for event in chunk if _passes(event, wanted)],
        "start": f"t{start}",
    }
    if chunk:  # no more events: no "end" (client-server API 10.5.1)
        answer["end"] = f"t{end}"
    return answer


def _place(token: str | None, default: int) -> int:
    if token is None:
        return default
    if token[:1] != "t" or not token[1:].isdecimal():
        raise MatrixError(400, "M_INVALID_PARAM", "Invalid stream token")
    return int(token[1:])


def _passes(event: Event, wanted: JSON) -> bool:
    return (
        event.type in wanted.get("types", (event.type,))
        and event.type not in wanted.get("not_types", ())
        and event.sender in wanted.get("senders", (event.sender,))
    )


ROUTES = [
    Route("GET", "/rooms/{room}/state", all_state),
    Route("GET", "/rooms/{room}/state/{type}", one_state),
    Route("GET", "/rooms/{room}/state/{type}/{key}", one_state),
    Route("GET", "/rooms/{room}/event/{event}", one_event),
    Route("GET", "/rooms/{room}/messages", messages),
]
