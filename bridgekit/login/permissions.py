"""What a Matrix user may do with the bridge: the configured levels, the most specific one wins."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bridgekit.ids import UserID

EVERYBODY = "*"


class Level(StrEnum):
    """From nothing to everything; each level may do what the ones before it may."""

    BLOCK = "block"  # the bridge does not listen to this user
    RELAY = "relay"  # may speak through the bridge's own login
    USER = "user"  # may have a login of their own and open chats
    ADMIN = "admin"  # may operate the bridge

    # Without these, `str` would compare the names: "admin" < "user".
    def __lt__(self, other: str) -> bool:
        return self._rank < Level(other)._rank

    def __le__(self, other: str) -> bool:
        return self._rank <= Level(other)._rank

    def __gt__(self, other: str) -> bool:
        return self._rank > Level(other)._rank

    def __ge__(self, other: str) -> bool:
        return self._rank >= Level(other)._rank

    @property
    def _rank(self) -> int:
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(Level)}


def level_of(user: UserID, permissions: Mapping[str, Level]) -> Level:
    """The level of a user: as named in full, else by homeserver, else of everybody.

    `permissions` maps a full MXID, a homeserver's name or "*" to a level; who is not covered is
    blocked.
    """
    _, _, domain = user.partition(":")
    for who in (user, domain, EVERYBODY):
        if who in permissions:
            return permissions[who]
    return Level.BLOCK
