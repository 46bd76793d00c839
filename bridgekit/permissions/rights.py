"""The levels of people, and the rights that each level has. Pure."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """From nothing to everything; each level may do what the ones before it may."""

    BLOCK = "block"  # the bridge does not listen to this user
    RELAY = "relay"  # may speak through the bridge's own login
    USER = "user"  # may have a login of their own, open chats and link rooms
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


class Right(StrEnum):
    """What somebody may do, as `allow` and `deny` in the configuration name it."""

    SPEAK = "speak"  # what they say crosses the bridge
    SIGN_IN = "sign_in"  # have logins of their own, and be shown as themselves
    LINK = "link"  # tie a room that exists to a chat, and untie it
    CREATE = "create"  # open chats: with a person, by a name, new ones on the network
    MANAGE_RELAY = "manage_relay"  # say which login speaks for people who have none
    ADMIN = "admin"  # operate the bridge


LEAST = {
    Right.SPEAK: Level.RELAY,
    Right.SIGN_IN: Level.USER,
    Right.LINK: Level.USER,
    Right.CREATE: Level.USER,
    Right.MANAGE_RELAY: Level.ADMIN,
    Right.ADMIN: Level.ADMIN,
}
"""The lowest level that has each right without being allowed it by name."""

DOING = {
    Right.SPEAK: "speak through this bridge",
    Right.SIGN_IN: "sign in through this bridge",
    Right.LINK: "link rooms to chats, or unlink them",
    Right.CREATE: "open chats through this bridge",
    Right.MANAGE_RELAY: "say who speaks for people without a login",
    Right.ADMIN: "operate this bridge",
}
"""As it follows "You may not …"."""
