"""Who the logins of one network are over there, by identity: asked for every event.

What a login did last is seen by the listener when the login itself is gone. So an identity stays
ours until the listener saw it leave, for a minute at most: whoever has it then is somebody else.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice

from bridgekit.clock import Clock
from bridgekit.ids import ChatID, LoginID, RemoteUserID

LINGERS = 60.0  # seconds; what saw it leave may have left as well


@dataclass(frozen=True, slots=True)
class _Last:
    """A connection that ended: when, whose it was, and the chats that it was in."""

    login: LoginID
    at: float
    chats: frozenset[ChatID]


class Identities:
    """Of one network."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: dict[LoginID, RemoteUserID] = {}
        self._now: dict[RemoteUserID, LoginID] = {}
        self._last: dict[RemoteUserID, _Last] = {}

    def is_now(self, login: LoginID, user: RemoteUserID) -> None:
        """A login has connected, or goes by another ID."""
        self._forget(login)
        self._of[login], self._now[user] = user, login

    def ended(self, login: LoginID, chats: AbstractSet[ChatID]) -> None:
        """Its connection, in which it was in these chats."""
        user = self._forget(login)
        if user is not None:
            self._last.pop(user, None)  # so that they stay in the order of time
            self._last[user] = _Last(login, self._clock.monotonic(), frozenset(chats))
            self._drop_old()

    def _drop_old(self) -> None:
        """Most are never asked about again."""
        for user, last in list(islice(self._last.items(), 2)):
            if self._clock.monotonic() - last.at >= LINGERS:
                del self._last[user]

    def _forget(self, login: LoginID) -> RemoteUserID | None:
        user = self._of.pop(login, None)
        if user is not None and self._now.get(user) == login:
            del self._now[user]
        return user

    def left(self, users: AbstractSet[RemoteUserID]) -> None:
        """The listener saw them leave, or others come under these IDs."""
        for user in users:
            self._last.pop(user, None)

    def holder(self, user: RemoteUserID | None) -> LoginID | None:
        """The connected login that goes by this ID."""
        return None if user is None else self._now.get(user)

    def was(self, user: RemoteUserID | None) -> LoginID | None:
        """The login that went by this ID until just now."""
        last = None if user is None else self._last.get(user)
        if user is None or last is None:
            return None
        if self._clock.monotonic() - last.at >= LINGERS:
            del self._last[user]
            return None
        return last.login

    def lingering(self, chat: ChatID) -> AbstractSet[RemoteUserID]:
        """The IDs whose leaving this chat is still to be seen."""
        return {user for user, last in self._last.items() if chat in last.chats}
