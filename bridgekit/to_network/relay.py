"""Which login speaks on a network for whoever has none there: as the room or the operator chose."""

from __future__ import annotations

from bridgekit.configuration.relay_settings import NOBODY
from bridgekit.ids import LoginID, UserID
from bridgekit.login.owners import Owners
from bridgekit.models import Portal
from bridgekit.networks import Network


class Relay:
    """Looked up in memory."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners

    def of(self, network: Network, portal: Portal) -> LoginID | None:
        """Who relays in this chat; None: nobody does.

        `Portal.relay` is the room's own choice: a login, "" for nobody; None leaves it to the
        network's `relay.default`. Where that is for other chats, it is the one that is for this.
        In a private chat nobody speaks but whose it is.
        """
        if portal.private:
            return None
        default, chat = network.options.relay.default, portal.key.chat
        listeners = network.logins.listeners
        if portal.relay is not None:
            login = LoginID(portal.relay)
            lent = login and network.logins.known(login) and self._owners.may_lend(network, login)
            if not lent:
                return None
            return login if listeners.serves(login, chat) else listeners.own(chat)
        if default is None:
            return listeners.own(chat)
        login = LoginID(f"{network.name}:{default}")
        if default == NOBODY or not network.logins.known(login):
            return None
        return login if listeners.serves(login, chat) else listeners.own(chat)

    def lends(self, network: Network, portal: Portal, login: LoginID, user: UserID) -> bool:
        """Whether `user` may change what this login did: it is theirs, or speaks for others."""
        if not network.logins.known(login):
            return False
        if login in self._owners.of(network.name, user):
            return True
        return not self._owners.owned(login) or login == self.of(network, portal)
