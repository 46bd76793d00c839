"""What all the logins of one network know together: how names compare, and who is one of us."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from bridgekit import ChatID, LoginID, Member, RemoteUserID
from bridges.irc.casemap import CaseMapping, fold
from bridges.irc.channels import Channels
from bridges.irc.features import Features


class OwnLogin(Protocol):
    """One of the bridge's connections."""

    me: RemoteUserID
    login_id: LoginID
    channels: Channels

    def renamed(self, nick: str) -> None:
        """The server calls this login `nick` now."""


class Network:
    """One per adapter. Until a server has said what it does, RFC 1459 holds."""

    def __init__(self) -> None:
        self.mapping = CaseMapping.RFC1459
        self.nick_length: int | None = None
        self.renames: list[tuple[LoginID, RemoteUserID]] = []
        """Our own logins that have another nick, for the core to be told."""
        self._own: dict[RemoteUserID, OwnLogin] = {}
        self._former: set[RemoteUserID] = set()

    def fold(self, name: str) -> str:
        return fold(name, self.mapping)

    def user(self, nick: str) -> RemoteUserID:
        return RemoteUserID(self.fold(nick))

    def learn(self, features: Features) -> bool:
        """Take over what a server said; whether that was new."""
        known = self.mapping, self.nick_length
        self.mapping, self.nick_length = features.case_mapping, features.nick_length
        return known != (self.mapping, self.nick_length)

    @contextmanager
    def connected(self, login: OwnLogin) -> Iterator[None]:
        """For as long as `login` is connected."""
        self._own[login.me] = login
        self._former.discard(login.me)
        try:
            yield
        finally:
            self._own = {me: other for me, other in self._own.items() if other is not login}

    def spelling(self, user: RemoteUserID) -> str | None:
        """How somebody writes their nick, as far as any login has seen it."""
        spelled = (login.channels.spelling(user) for login in self._listening())
        return next((nick for nick in spelled if nick), None)

    def members(self, chat: ChatID) -> tuple[Member, ...] | None:
        """Who is in `chat`; None where no login of ours has heard the whole list."""
        follower = next((own for own in self._listening() if own.channels.lists(chat)), None)
        return follower.channels.members(chat) if follower else None

    def modes(self, chat: ChatID, user: RemoteUserID) -> str | None:
        """The modes of somebody in `chat`, as far as any login has seen them."""
        known = (login.channels.modes(chat, user) for login in self._listening())
        return next((modes for modes in known if modes is not None), None)

    def _listening(self) -> Iterator[OwnLogin]:
        return (login for login in self._own.values() if login.channels.following)

    def renamed(self, old: RemoteUserID, nick: str, seen_by: OwnLogin) -> bool:
        """Somebody changed their nick; whether it is one of us, of whom nothing is told.

        Two of our sockets may bring the same change, in any order. Until the one that listens has
        brought it, what it still brings from the old nick was said by us as well.
        """
        was_ours = old in self._former
        self._former.discard(old)
        login = self._own.pop(old, None)
        if login is None:
            return was_ours
        login.renamed(nick)
        self._own[login.me] = login
        self.renames.append((login.login_id, login.me))
        others = (other for other in self._listening() if other is not seen_by)
        if login.me != old and any(other.channels.spelling(old) for other in others):
            self._former.add(old)
        return True

    def is_ours(self, user: RemoteUserID) -> bool:
        """Whether one of our logins goes by that nick, or did when it said what comes now."""
        return user in self._own or user in self._former

    def taken_by_other(self, user: RemoteUserID) -> None:
        """Somebody came who has a nick that one of us had."""
        self._former.discard(user)
