"""What people do on Matrix, as jobs: which kinds of event, and what of them is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bridgekit.codec import dump_event
from bridgekit.incoming import TOO_OLD
from bridgekit.matrix.encrypted import LATE, is_late, kind_of
from bridgekit.matrix.referring import edited_event, redacted_event
from bridgekit.models import Direction, Draft, Job, Lane, Millis

# MSC3381 is stable under both names; clients send the older one.
_POLL = ("m.poll", "org.matrix.msc3381.poll")
MESSAGES = frozenset(
    {"m.room.message", "m.room.encrypted", "m.sticker", *(f"{poll}.start" for poll in _POLL)}
)
ABOUT_MESSAGES = frozenset(
    {
        *("m.reaction", "m.room.redaction"),
        *(f"{poll}.{act}" for poll in _POLL for act in ("response", "end")),
    }
)
ABOUT_ROOMS = frozenset(
    {
        *("m.room.name", "m.room.topic", "m.room.avatar", "m.room.power_levels"),
        *("m.room.pinned_events", "m.room.member", "m.room.join_rules"),
    }
)
# Anything else is not for a network.
SAID = MESSAGES | ABOUT_MESSAGES

BEFORE_US = "dev.bridgekit.before_us"
"""Among the unsigned data of an event that was said before the bot was in its room."""
_EARLY = "early "  # what the job of such a one is called by, in the lane of its room

_KEPT = (
    *("event_id", "room_id", "sender", "type", "state_key", "content", "origin_server_ts"),
    "redacts",
)


def draft_of(event: Mapping[str, Any], lane: Lane, now: Millis) -> Draft:
    """The job that an event becomes in a lane: one, however often and wherever it is seen."""
    key = f"{lane.direction}:{lane.owner}:{event['event_id']}"
    kept = {name: event[name] for name in _KEPT if name in event}
    if "state_key" in event:
        kept["unsigned"] = {"prev_content": before(event)}
    elif is_late(event):
        kept["unsigned"] = {LATE: True}
    early = lane.direction is Direction.CONTROL and _is_early(event)
    return Draft(
        lane=lane,
        key=f"{_EARLY}{key}" if early else key,
        kind=kind_of(event),
        body=dump_event(kept),
        source=event["event_id"],
        received_at=now,
        seen=(key,),
        target=_target(event),
    )


def too_old(event: Mapping[str, Any], now: Millis) -> bool:
    """Whether nobody knows any more if it came before, as its key may be forgotten (rule 18).

    Its time is by its sender's clock, or of whatever it tells of; where our homeserver says for how
    long it has had it, that may be less.
    """
    at, unsigned = event.get("origin_server_ts"), event.get("unsigned")
    age = unsigned.get("age") if isinstance(unsigned, dict) else None
    ages = [now - at] if isinstance(at, int) else []
    ages += [age] if isinstance(age, int) else []
    return bool(ages) and min(ages) > TOO_OLD / timedelta(milliseconds=1)


def is_early(job: Job) -> bool:
    """Whether it was said before the bot was in, so that what was pushed since is behind it."""
    return job.key.startswith(_EARLY)


def _is_early(event: Mapping[str, Any]) -> bool:
    unsigned = event.get("unsigned")
    return isinstance(unsigned, dict) and unsigned.get(BEFORE_US) is True


def before(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a state event replaced; None if it was the first, or the homeserver does not say."""
    unsigned = event.get("unsigned")
    content = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    return content if isinstance(content, dict) else None


def _target(event: Mapping[str, Any]) -> str | None:
    """The event that it changes (delivery rule 9)."""
    if event["type"] == "m.room.redaction":
        return redacted_event(event)
    return edited_event(event["content"])
