"""What a transaction of the homeserver holds, whatever somebody has put into it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridgekit.ids import RoomID
from bridgekit.matrix.reading import read_json, storable
from bridgekit.matrix.referring import redacted_event
from bridgekit.public_links import Redacted


class Malformed(ValueError):  # noqa: N818 (a finding)
    """An event that cannot be one; it is set aside, and the rest of its transaction goes on."""


def events_of(body: str) -> Sequence[Any]:
    """The events of a stored transaction; itself where it cannot be read."""
    try:
        events = read_json(body)["events"]
    except RecursionError:
        return (body,)
    return events if isinstance(events, list) else (events,)


def redacted_by(body: str) -> Iterator[Redacted]:
    """What the events of a stored transaction take back."""
    if "m.room.redaction" not in body and "\\u" not in body:
        return  # most: they are not read a second time
    for event in events_of(body):
        try:
            known = well_formed(event)
        except Malformed:
            continue
        target = redacted_event(known) if known["type"] == "m.room.redaction" else None
        if target is not None and storable(target):
            yield Redacted(RoomID(known["room_id"]), target)


def only_events(body: str, content: Mapping[str, Any]) -> str:
    try:
        return json.dumps({"events": content["events"]})
    except RecursionError:  # at the very edge, one is read and not written
        return body


def text_of(event: Any) -> str:
    try:
        return json.dumps(event)
    except RecursionError:
        return "nested too deeply to be written down"


def well_formed(event: Any) -> Mapping[str, Any]:
    """The event itself, if every field that we stand on has its type; else `Malformed`."""
    if not isinstance(event, dict):
        raise Malformed("it is not an object")
    for name in ("event_id", "room_id", "sender", "type"):
        if not isinstance(event.get(name), str) or not event[name]:
            raise Malformed(f"its {name} is missing or not a text")
    if not isinstance(event.get("content"), dict):
        raise Malformed("its content is missing or not an object")
    if not isinstance(event.get("state_key", ""), str):
        raise Malformed("its state_key is not a text")
    for name in ("event_id", "room_id", "sender", "type", "state_key"):
        if not storable(event.get(name, "")):
            raise Malformed(f"its {name} is not valid Unicode text")
    return event


def digest_of(txn: str, body: str, content: Mapping[str, Any]) -> str:
    """What makes a transaction the same: its ID and its events (delivery rule 1)."""
    events = content.get("events")
    listed = events if isinstance(events, list) else []
    named = [event.get("event_id") for event in listed if isinstance(event, dict)]
    texts = all(isinstance(name, str) and name for name in named)
    same = json.dumps([txn, named if named and texts else body])
    return hashlib.sha256(same.encode()).hexdigest()
