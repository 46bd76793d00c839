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
        login = self._owners.existing(network, user, portal) if self.is_person(user) else None
        return None if login is None else (network, login)

    def comes(self, portal: Portal, user: UserID, *, there: bool = False) -> bool:
        """Whether `user`, who has none, gets one as they join the room of this chat.

        `there`: or as the bridge comes, where they are in that room already.
        """
        network = self._networks.get(portal.key.network)
        if network is None or portal.flow is Flow.TO_MATRIX or not self.is_person(user):
            return False
        adapter = network.adapter
        if not isinstance(adapter, SupportsAutomaticLogin) or portal.private:
            return False
        may = self._permissions.may(user, Right.SIGN_IN, network.name)
        wanted = adapter.brings if there else adapter.comes_with
        return may and wanted(portal.key.chat)

    def client(self, portal: Portal, user: UserID) -> Client | None:
        """Its client, if it is connected."""
        own = self.of(portal, user)
        return None if own is None else own[0].logins.client_of(own[1])
