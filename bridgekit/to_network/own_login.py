"""Whose own login shows what they do besides speaking: never the relay, and none is made for it.

Receipts and typing are a person's own business (the design, "How data flows").
"""

from __future__ import annotations

from bridgekit.adapter import Client
from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.ids import LoginID, UserID
from bridgekit.login.owners import Owners
from bridgekit.models import Flow, Portal
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right


class OwnLogins:
    """Looked up in memory: of everybody in a room, hardly anybody has one."""

    def __init__(
        self,
        networks: Networks,
        namespaces: Namespaces,
        permissions: Permissions,
        owners: Owners,
    ) -> None:
        self._networks, self._namespaces = networks, namespaces
        self._permissions, self._owners = permissions, owners

    def is_person(self, user: UserID) -> bool:
        """Whether this is somebody on Matrix, not the bot or a ghost."""
        return not self._namespaces.is_ours(user)

    def of(self, portal: Portal, user: UserID) -> tuple[Network, LoginID] | None:
        """The login of their own that `user` has in this chat."""
        network = self._networks.get(portal.key.network)
        if network is None or portal.room is None or portal.flow is Flow.TO_MATRIX:
            return None
        may = self._permissions.may(user, Right.SIGN_IN, network.name)
        if not may or not self._owners.speak(network) or not self.is_person(user):
            return None
        theirs = self._owners.of(network.name, user)
        meant = self._owners.preferences.login(network, portal, user, theirs)
        login = next((one for one in theirs if meant in (None, one)), None)
        return None if login is None else (network, login)

    def comes(self, portal: Portal, user: UserID) -> bool:
        """Whether `user`, who has none, gets one as they join the room of this chat."""
        network = self._networks.get(portal.key.network)
        if network is None or portal.flow is Flow.TO_MATRIX or not self.is_person(user):
            return False
        adapter = network.adapter
        if not isinstance(adapter, SupportsAutomaticLogin) or portal.private:
            return False
        may = self._permissions.may(user, Right.SIGN_IN, network.name)
        return may and adapter.comes_with(portal.key.chat)

    def client(self, portal: Portal, user: UserID) -> Client | None:
        """Its client, if it is connected."""
        own = self.of(portal, user)
        return None if own is None else own[0].logins.client_of(own[1])
