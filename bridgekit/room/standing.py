"""What somebody may do in a room, as its creation and its power levels say. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bridgekit.ids import UserID
from bridgekit.membership.ranks import level_in, number

CREATORS_RULE_FROM = 12  # room versions in which creators stand above all power levels (MSC4289)
STATE_DEFAULT = 50  # spec, m.room.power_levels


def level_of(user: UserID, create: Mapping[str, Any], levels: Mapping[str, Any] | None) -> float:
    """A user's power level; `create` is the whole event, `levels` a content or None for none."""
    content = create.get("content", {})
    version = str(content.get("room_version", "1"))
    if version.isdecimal() and int(version) >= CREATORS_RULE_FROM:
        if user == create.get("sender") or user in content.get("additional_creators", ()):
            return math.inf
    elif levels is None:
        return 100 if user == create.get("sender") else 0
    return level_in(levels or {}, user)


def may_invite(user: UserID, create: Mapping[str, Any], levels: Mapping[str, Any] | None) -> bool:
    return level_of(user, create, levels) >= number((levels or {}).get("invite"), 0)


def may_set(
    user: UserID, kind: str, create: Mapping[str, Any], levels: Mapping[str, Any] | None
) -> bool:
    """Whether the user may send state of this kind."""
    events = (levels or {}).get("events")
    named = events.get(kind) if isinstance(events, Mapping) else None
    otherwise = 0 if levels is None else STATE_DEFAULT
    default = number((levels or {}).get("state_default"), otherwise)
    return level_of(user, create, levels) >= number(named, default)
