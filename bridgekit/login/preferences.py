"""By which of several logins a person is in a chat: the one that they chose there, or that fits."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.ids import LoginID, NetworkName, PortalID, UserID
from bridgekit.models import Portal
from bridgekit.networks import Network
from bridgekit.store.people import People, save_value
from bridgekit.store.sql import Rows
from bridgekit.store.words import together
from bridgekit.store.writer import Writer

# Beside what adapters keep: a space is in no network's name.
_PLACE = NetworkName("preferred logins")
RELAYED = LoginID("")


class Preferences:
    """Of all chats, in memory: only who has several logins chooses at all."""

    def __init__(self, people: People, writer: Writer) -> None:
        self._people, self._writer = people, writer
        self._chosen: dict[tuple[PortalID, UserID], LoginID] = {}

    async def load(self) -> None:
        """Before anything is received."""
        for key, login in await self._people.values(_PLACE):
            portal, _, user = key.partition(" ")
            self._chosen[PortalID(int(portal)), UserID(user)] = LoginID(login)

    def login(
        self, network: Network, portal: Portal, user: UserID, theirs: Sequence[LoginID]
    ) -> LoginID | None:
        """Of theirs on this network, the one that speaks for them in this chat; None: none can."""
        receiver, chat = portal.key.receiver, portal.key.chat
        if receiver is not None:
            return receiver if receiver in theirs else None
        there = [one for one in theirs if network.logins.listeners.serves(one, chat)]
        chosen = self._chosen.get((portal.id, user))
        if chosen == RELAYED:
            return None
        return chosen if chosen in there else next(iter(there), None)

    async def choose(self, portal: Portal, user: UserID, login: LoginID | None) -> None:
        """From now on it is `login`; None: the one that speaks for them elsewhere.

        `RELAYED`: none of theirs is, as if they had none.
        """
        await self._writer.write(save_value(_PLACE, f"{portal.id} {user}", login))
        if login is None:
            self._chosen.pop((portal.id, user), None)
        else:
            self._chosen[portal.id, user] = login

    def of(self, user: UserID) -> Sequence[tuple[PortalID, LoginID]]:
        """What they have chosen."""
        return [(portal, one) for (portal, who), one in self._chosen.items() if who == user]

    def forget(self, user: UserID) -> Rows:
        """The change after which they have chosen nothing."""
        places = [portal for portal, _ in self.of(user)]
        for portal in places:
            del self._chosen[portal, user]
        return together(*(save_value(_PLACE, f"{portal} {user}", None) for portal in places))
