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
from bridgekit.ranks import level_in, level_of, number, speaking_level, users_default, users_in

LARGEST = 50_000  # bytes; with the rest of its event it stays below the 65 536 of the spec
KIND = "m.room.power_levels"
_STATE_DEFAULT = 50  # spec: what `state_default` is where it is left out


@dataclass(frozen=True, slots=True)
class Wish:
    """The rank of a user on the network, and the level that we last set for them (None: none)."""

    user: UserID
    rank: Rank
    ours: int | None


@dataclass(frozen=True, slots=True)
class SpeakWish:
    """The least rank that may speak, and the `events_default` that we last set (None: none).

    Without `news` it was brought to the room before, and is not looked at again.
    """

    rank: Rank = Rank.MEMBER
    ours: int | None = None
    news: bool = False


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

    `left_out` counts whom there was no room for.
    """

    content: dict[str, Any]
    ours: Mapping[UserID, int | None]
    speaking: int | None
    left_out: int = 0


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
    speaking = _speaking(content, speak, own) if speak.news else speak.ours
    may_speak = speak.rank
    ours = {
        wish.user: None if wish.user in setter.creators else _grant(content, wish, may_speak, own)
        for wish in wishes
    }
    left_out = _fit(content, ghost)
    for user in left_out:
        if user in ours and user not in users:
            ours[user] = None
    return Merged(content, ours, speaking, len(left_out))


def _speaking(content: dict[str, Any], speak: SpeakWish, own: float) -> int | None:
    current = number(content.get("events_default"), 0)
    wanted = min(speaking_level(speak.rank), own)
    level = _allowed(math.floor(wanted), current, speak.ours or 0)
    if level is not None and level != current:
        content["events_default"] = level
    return level


def _grant(content: dict[str, Any], wish: Wish, may_speak: Rank, own: float) -> int | None:
    """Set a user's level; what of it is ours."""
    users, default = content["users"], users_default(content)
    current = level_in(content, wish.user)
    wanted = level_of(wish.rank, may_speak)
    if wish.rank is not Rank.MUTED:
        wanted = max(wanted, default)  # nobody is below everybody but who is muted
    ours = wish.ours if wish.ours is not None else (None if wish.user in users else default)
    if own != math.inf:
        wanted = min(wanted, math.floor(own) - 1)  # what could not be taken back is not given
    level = _allowed(wanted, current, ours)
    # Spec, authorisation rules: nobody changes the level of an equal.
    if level is None or (level != current and current >= own):
        return None
    if level == default:
        users.pop(wish.user, None)
    else:
        users[wish.user] = level
    return level


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
