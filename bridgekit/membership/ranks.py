"""Ranks and power levels: one table, both ways, and what a person's change of levels means.

The levels are those of appservice-irc (voice 1, operator 50) and what clients call moderator and
administrator; even an owner stays below 100, so that the bridge's bot can take the level again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridgekit.events import Membership, MemberState
from bridgekit.facts import Rank
from bridgekit.ids import NetworkName, PortalID, RemoteUserID, UserID

EVERYBODY = RemoteUserID("")

Whose = Callable[[NetworkName, RemoteUserID], Awaitable[UserID | None]]
"""Who a remote user is on Matrix; None: the bridge itself."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The rank that a remote user has in a chat; of EVERYBODY: the least that may speak."""

    portal: PortalID
    user: RemoteUserID
    rank: Rank


_LEVELS = {
    Rank.MUTED: -1,
    Rank.MEMBER: 0,
    Rank.VOICE: 1,
    Rank.MODERATOR: 50,
    Rank.ADMIN: 75,
    Rank.OWNER: 95,
}
_HIGHEST_FIRST = sorted(_LEVELS, key=_LEVELS.__getitem__, reverse=True)


def level_of(rank: Rank, may_speak: Rank = Rank.MEMBER) -> int:
    """The power level of a rank where `may_speak` is the least that may speak.

    A voice is worth a level only where others have none: a channel may have thousands.
    """
    if rank is Rank.VOICE and _LEVELS[may_speak] < _LEVELS[Rank.VOICE]:
        return _LEVELS[Rank.MEMBER]
    return _LEVELS[rank]


def speaking_level(may_speak: Rank) -> int:
    """`events_default` of a room in which this is the least rank that may speak."""
    return max(0, _LEVELS[may_speak])


def rank_of(level: int) -> Rank:
    """The highest rank whose level somebody has."""
    return next((rank for rank in _HIGHEST_FIRST if _LEVELS[rank] <= level), Rank.MUTED)


def level_in(levels: Mapping[str, Any], user: UserID) -> int:
    """The power level that a content of `m.room.power_levels` gives to a user."""
    return number(users_in(levels).get(user), users_default(levels))


def users_in(levels: Mapping[str, Any]) -> Mapping[str, Any]:
    """The users that it names, whatever stands in their place."""
    users = levels.get("users")
    return users if isinstance(users, Mapping) else {}


def users_default(levels: Mapping[str, Any]) -> int:
    return number(levels.get("users_default"), 0)


def number(value: object, default: int) -> int:
    """A level as it is written; old room versions allow one in quotes (spec: room version 10)."""
    if isinstance(value, bool):
        return default
    if isinstance(value, str) and len(value) <= 20:  # noqa: PLR2004 (a level fits into 53 bits)
        try:
            return int(value)
        except ValueError:
            return default
    return int(value) if isinstance(value, int) else default


def ranked(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[UserID, Rank]]:
    """Whom a change of `m.room.power_levels` gives another rank."""
    changed = []
    # Whoever is not named is moved by `users_default`; who they all are, the event does not say.
    for user in sorted({*users_in(old), *users_in(new)}):
        mxid = UserID(user)
        before, after = rank_of(level_in(old, mxid)), rank_of(level_in(new, mxid))
        if before is not after:
            changed.append((mxid, after))
    return changed


def rank_changes(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    remote: Callable[[UserID], RemoteUserID | None],
) -> list[Membership]:
    """What a person who changed `m.room.power_levels` from `old` to `new` means for the network.

    `remote` tells who somebody is over there; None: nobody. Not to be asked for what we sent.
    """
    who = ((remote(mxid), rank) for mxid, rank in ranked(old, new))
    return [Membership(user, MemberState.JOIN, rank=rank) for user, rank in who if user is not None]


def may_speak_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> Rank | None:
    """The least rank that may speak from now on; None: that is as before."""
    before, after = (rank_of(number(one.get("events_default"), 0)) for one in (old, new))
    return None if before is after else after
