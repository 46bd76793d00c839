"""Whose own login shows what they do besides speaking: never the relay, and none is made for it.

Receipts and typing are a person's own business (the design, "How data flows").
"""

from __future__ import annotations

from collections.abc import Mapping

from bridgekit.adapter import Client
from bridgekit.ids import LoginID, UserID
from bridgekit.login.permissions import Level, level_of
from bridgekit.models import Flow, Portal
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.signing import Signer


class OwnLogins:
    """Looked up in memory: of everybody in a room, hardly anybody has one."""

    def __init__(
        self,
        networks: Networks,
        namespaces: Namespaces,
        permissions: Mapping[str, Level],
        signer: Signer,
    ) -> None:
        self._networks, self._namespaces = networks, namespaces
        self._permissions, self._signer = permissions, signer

    def is_person(self, user: UserID) -> bool:
        """Whether this is somebody on Matrix, not the bot or a ghost."""
        return not self._namespaces.is_ours(user)

    def of(self, portal: Portal, user: UserID) -> tuple[Network, LoginID] | None:
        """The login of their own that `user` has in this chat."""
        network = self._networks.get(portal.key.network)
        if network is None or portal.room is None or portal.flow is Flow.TO_MATRIX:
            return None
        if not self.is_person(user) or level_of(user, self._permissions) < Level.USER:
            return None
        login = self._signer.login_id(network.name, user)
        if not network.logins.known(login) or portal.key.receiver not in (None, login):
            return None
        return network, login

    def client(self, portal: Portal, user: UserID) -> Client | None:
        """Its client, if it is connected."""
        own = self.of(portal, user)
        return None if own is None else own[0].logins.client_of(own[1])
