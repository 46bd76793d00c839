"""What people say on Matrix, as jobs: which kinds of event, and what of them is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.codec import dump_event
from bridgekit.models import Draft, Lane, Millis

# Anything else is not for a network, or not yet.
SAID = frozenset({"m.room.message", "m.room.encrypted", "m.sticker"})

_KEPT = ("event_id", "room_id", "sender", "type", "state_key", "content", "origin_server_ts")


def draft_of(event: Mapping[str, Any], lane: Lane, now: Millis) -> Draft:
    """The job that an event becomes in a lane: one, however often and wherever it is seen."""
    key = f"{lane.direction}:{lane.owner}:{event['event_id']}"
    return Draft(
        lane=lane,
        key=key,
        kind=event["type"],
        body=dump_event({name: event[name] for name in _KEPT if name in event}),
        source=event["event_id"],
        received_at=now,
        seen=(key,),
    )
