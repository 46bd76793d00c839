"""The logins of the bridge's own on one network: which of them listens in which shared chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bridgekit.adapter import Client, Login
from bridgekit.adapter_supports import SupportsOwnLogins
from bridgekit.ids import ChatID, LoginID, PortalKey, RemoteUserID
from bridgekit.login.supervisor import Entry


class Listeners:
    """Looked up in `entries`, which somebody else keeps; they are the first in it."""

    def __init__(self, adapter: object, entries: Mapping[LoginID, Entry]) -> None:
        self._entries, self._serves = entries, _serves(adapter)
        self._stands_in = _stands_in(adapter)
        self._knows = adapter.knows if isinstance(adapter, SupportsOwnLogins) else None

    def listens_everywhere(self, login: LoginID) -> bool:
        """Whether it is this one that listens in all shared chats."""
        first = next((one for one, entry in self._entries.items() if entry.login.relay), None)
        return self._serves is None and login == first

    def has(self, login: LoginID) -> bool:
        """Whether a login is one of them."""
        entry = self._entries.get(login)
        return entry is not None and entry.login.relay

    def of(self, chat: ChatID) -> LoginID | None:
        """Who listens in a shared chat: one of the bridge's own, or whoever stands in for it."""
        other = None if self._stands_in is None else self._stands_in(chat)
        return other or self.own(chat)

    def own(self, chat: ChatID) -> LoginID | None:
        """Which of the bridge's own is for a shared chat, and speaks there for people."""
        for login, entry in self._entries.items():
            if entry.login.relay and (self._serves is None or self._serves(entry.login, chat)):
                return login
        return None

    def serves(self, login: LoginID, chat: ChatID) -> bool:
        """Whether a login, of anybody's, is for this shared chat, as far as its adapter says."""
        entry = self._entries.get(login)
        return entry is not None and (self._serves is None or self._serves(entry.login, chat))

    def knows(self, login: LoginID, user: RemoteUserID) -> bool:
        """Whether somebody is of the part of the network that a login, of anybody's, is in."""
        entry = self._entries.get(login)
        return entry is not None and (self._knows is None or self._knows(entry.login, user))

    def hearing(self, key: PortalKey) -> LoginID | None:
        """Who hears a chat: of a private one whose it is, else the listener."""
        return key.receiver or self.of(key.chat)

    def served(self, login: LoginID, chats: Sequence[ChatID]) -> Sequence[ChatID]:
        """Those of these shared chats that a login listens in."""
        if self._serves is not None:
            return [chat for chat in chats if self.own(chat) == login]
        return chats if self.listens_everywhere(login) else ()

    def clients(self) -> list[Client]:
        """The clients of those that are connected."""
        clients = (entry.client for entry in self._entries.values() if entry.login.relay)
        return [client for client in clients if client is not None]

    def client(self) -> Client | None:
        """The client of one that is connected."""
        return next(iter(self.clients()), None)


def _serves(adapter: object) -> Callable[[Login, ChatID], bool] | None:
    """Which login is for a chat; None: whichever comes first, for all."""
    if not isinstance(adapter, SupportsOwnLogins):
        return None
    same = type(adapter).serves is SupportsOwnLogins.serves
    return None if same else adapter.serves


def _stands_in(adapter: object) -> Callable[[ChatID], LoginID | None] | None:
    """Who listens where the bridge's own may not be; None: nobody ever does."""
    if not isinstance(adapter, SupportsOwnLogins):
        return None
    same = type(adapter).stand_in is SupportsOwnLogins.stand_in
    return None if same else adapter.stand_in
