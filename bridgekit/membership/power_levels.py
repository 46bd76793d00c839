"""A room's `m.room.power_levels` after what a network says of ranks; pure.

What a person granted is never lowered: a level that is not the one we last set is theirs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from bridgekit.facts import Rank
from bridgekit.ids import UserID
from bridgekit.membership.ranks import (
    level_in,
    level_of,
    number,
    speaking_level,
    users_default,
    users_in,
)

LARGEST = 50_000  # bytes; with the rest of its event it stays below the 65 536 of the spec
KIND = "m.room.power_levels"
_STATE_DEFAULT = 50  # spec: what `state_default` is where it is left out


@dataclass(frozen=True, slots=True)
class Wish:
    """The rank of a user on the network, and the level that we last set for them (None: none).

    `under` is what a person had granted before that, and is never gone below (None: nothing).
    """

    user: UserID
    rank: Rank
    ours: int | None
    under: int | None = None


@dataclass(frozen=True, slots=True)
class SpeakWish:
    """The least rank that may speak, and the `events_default` that we last set (None: none).

    `under` is what a person had set before that. Without `news` it was brought to the room
    before, and is not looked at again.
    """

    rank: Rank = Rank.MEMBER
    ours: int | None = None
    news: bool = False
    under: int | None = None


@dataclass(frozen=True, slots=True)
class Setter:
    """Who sets it: as `bot`, in a room with these `creators` (room version 12; else empty)."""

    bot: UserID
    creators: AbstractSet[UserID]

    def level(self, levels: Mapping[str, Any]) -> float:
        """Room version 12: creators stand above all."""
        return math.inf if self.bot in self.creators else level_in(levels, self.bot)

    def may(self, levels: Mapping[str, Any]) -> bool:
        """Whether the bot may send the event at all."""
        events = levels.get("events")
        default = number(levels.get("state_default"), _STATE_DEFAULT)
        named = events.get(KIND) if isinstance(events, Mapping) else None
        return self.level(levels) >= number(named, default)


@dataclass(frozen=True, slots=True)
class Merged:
    """The new content, and what of it is ours from now on (None: a person's, or left as it is).

    `under` is what stands again once ours is taken back, where a person had granted something.
    `left_out` counts whom there was no room for.
    """

    content: dict[str, Any]
    ours: Mapping[UserID, int | None]
    under: Mapping[UserID, int | None]
    speaking: int | None
    speaking_under: int | None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Set:
    """A level that is ours, and what a person had granted before."""

    level: int
    under: int | None = None


def merged(
    levels: Mapping[str, Any],
    setter: Setter,
    wishes: Sequence[Wish],
    speak: SpeakWish,
    ghost: Callable[[UserID], bool],
) -> Merged:
    """`levels` with what is wished; of too many the lowest of those who are a `ghost` go."""
    own, content = setter.level(levels), dict(levels)
    users = content["users"] = dict(users_in(levels))
    kept = None if speak.ours is None else _Set(speak.ours, speak.under)
    speaking = _speaking(content, speak, own) if speak.news else kept
    may_speak = speak.rank
    set_for = {
        wish.user: None if wish.user in setter.creators else _grant(content, wish, may_speak, own)
        for wish in wishes
    }
    left_out = _fit(content, ghost)
    for user in left_out:
        if user in set_for and user not in users:
            set_for[user] = None
    return Merged(
        content,
        {user: _level(one) for user, one in set_for.items()},
        {user: _under(one) for user, one in set_for.items()},
        _level(speaking),
        _under(speaking),
        len(left_out),
    )


def _level(one: _Set | None) -> int | None:
    return None if one is None else one.level


def _under(one: _Set | None) -> int | None:
    return None if one is None else one.under


def _speaking(content: dict[str, Any], speak: SpeakWish, own: float) -> _Set | None:
    current, ours = number(content.get("events_default"), 0), speak.ours or 0
    under = speak.under if current == ours else _granted(current, 0)
    wanted = math.floor(min(speaking_level(speak.rank), own))
    level = _allowed(_no_lower(wanted, under), current, ours)
    if level is not None and level != current:
        content["events_default"] = level
    return _set(level, under)


def _grant(content: dict[str, Any], wish: Wish, may_speak: Rank, own: float) -> _Set | None:
    """Set a user's level; what of it is ours."""
    users, default = content["users"], users_default(content)
    current = level_in(content, wish.user)
    wanted = level_of(wish.rank, may_speak)
    if wish.rank is not Rank.MUTED:
        wanted = max(wanted, default)  # nobody is below everybody but who is muted
    named = wish.user in users  # who is not has nothing that a person granted
    ours = wish.ours if named else default
    under = wish.under if current == ours else _granted(current, default)
    if own != math.inf:
        wanted = min(wanted, math.floor(own) - 1)  # what could not be taken back is not given
    level = _allowed(_no_lower(wanted, under), current, ours)
    # Spec, authorisation rules: nobody changes the level of an equal.
    if level is None or (level != current and current >= own):
        return None
    if level == default:
        users.pop(wish.user, None)
    else:
        users[wish.user] = level
    return _set(level, under if named else None)


def _granted(current: int, default: int) -> int | None:
    """What a person set: more than everybody has; None: nothing that could be gone below."""
    return current if current > default else None


def _no_lower(wanted: int, under: int | None) -> int:
    return wanted if under is None else max(wanted, under)


def _set(level: int | None, under: int | None) -> _Set | None:
    """None: what stands there is a person's, or is theirs again."""
    return None if level is None or level == under else _Set(level, under)


def _allowed(wanted: int, current: int, ours: int | None) -> int | None:
    """The level to set; None: what stands there was granted by a person, and stays."""
    if wanted == current:
        return wanted if ours == current else None
    return None if wanted < current and ours != current else wanted


def _fit(content: dict[str, Any], ghost: Callable[[UserID], bool]) -> list[UserID]:
    """Drop the lowest ghosts until the event is small enough; who that was."""
    users = content["users"]
    excess = _size(content) - LARGEST
    if excess <= 0:
        return []
    dropped: list[UserID] = []
    mutable = sorted((level, UserID(user)) for user, level in users.items() if _by_us(level))
    for level, user in mutable:
        if excess <= 0:
            break
        if ghost(user):
            excess -= _size({user: level}) - 1  # a comma instead of two braces
            del users[user]
            dropped.append(user)
    return dropped


def _by_us(level: object) -> bool:
    return isinstance(level, int) and level >= 0  # who is muted stays so


def _size(content: Mapping[str, Any]) -> int:
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
