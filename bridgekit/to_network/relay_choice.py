"""Choosing, for one chat, which login speaks for people who have none: nobody lends another's."""

from __future__ import annotations

from bridgekit.configuration.relay_settings import NOBODY
from bridgekit.errors import Rejected
from bridgekit.ids import LoginID, UserID
from bridgekit.login.owners import Owners
from bridgekit.models import Portal
from bridgekit.networks import Network, Networks
from bridgekit.room.portals import Portals
from bridgekit.to_network.relay import Relay

DEFAULT = "default"


class RelayChoice:
    """Raises `Rejected` with a sentence for whoever chooses."""

    def __init__(self, networks: Networks, portals: Portals, owners: Owners, relay: Relay) -> None:
        self._networks, self._portals = networks, portals
        self._owners, self._relay = owners, relay

    def shown(self, portal: Portal) -> str:
        """Who speaks for others in this chat."""
        network = self._network(portal)
        chat = f"{portal.key.chat} on {network.name}"
        if portal.private:
            return f"In {chat}, nobody speaks but whose private chat it is."
        login = self._relay.of(network, portal)
        chosen = "" if portal.relay is None else ", as was chosen here"
        if login is None:
            return f"In {chat}, nobody speaks for people without a login{chosen}."
        return f"In {chat}, `{login}` speaks for people without a login{chosen}."

    async def choose(self, portal: Portal, choice: str, by: UserID) -> str:
        """`choice` is `DEFAULT`, `NOBODY` or a login; returns what is so from now on."""
        if portal.private:
            raise Rejected("In a private chat nobody speaks but whose it is.")
        relay = {DEFAULT: None, NOBODY: ""}.get(choice, choice)
        if relay:
            self._check(portal, LoginID(relay), by)
        return self.shown(await self._portals.set_relay(portal, relay))

    def _check(self, portal: Portal, login: LoginID, by: UserID) -> None:
        """Theirs, or the bridge's own, and for this chat."""
        network = self._network(portal)
        own = {one.id for one in network.logins.all() if not self._owners.owned(one.id)}
        theirs = self._owners.of(network.name, by)
        if login not in own and login not in theirs:
            there = ", ".join([DEFAULT, NOBODY, *sorted(own), *theirs])
            raise Rejected(
                f"That is no login of yours, nor one of the bridge's own on {network.name}; "
                f"choose one of: {there}."
            )
        if not network.logins.listeners.serves(login, portal.key.chat):
            raise Rejected(f"`{login}` is not for {portal.key.chat}: nothing can be said by it.")

    def _network(self, portal: Portal) -> Network:
        network = self._networks.get(portal.key.network)
        if network is None:
            raise Rejected(f"{portal.key.network} is no longer configured.")
        return network
