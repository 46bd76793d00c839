"""Which login tells a network that somebody types for whom it speaks, where that has a place."""

from __future__ import annotations

from bridgekit.ids import UserID
from bridgekit.models import Flow, Portal
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Networks
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.supports import SupportsTyping
from bridgekit.to_network.relay import Relay


class SpokenFor:
    """Looked up in memory: of everybody in a room, many have no login of their own."""

    def __init__(
        self, networks: Networks, namespaces: Namespaces, permissions: Permissions, relay: Relay
    ) -> None:
        self._networks, self._namespaces = networks, namespaces
        self._permissions, self._relay = permissions, relay

    def client(self, portal: Portal) -> SupportsTyping | None:
        """Whoever relays in this chat, if it is connected and its network shows such a thing."""
        network = self._networks.get(portal.key.network)
        if network is None or portal.room is None or portal.flow is Flow.TO_MATRIX:
            return None
        login = self._relay.of(network, portal)
        client = None if login is None else network.logins.client_of(login)
        if client is None or not isinstance(client, SupportsTyping):
            return None
        return client if client.for_others else None

    def has(self, portal: Portal, user: UserID) -> bool:
        """Whether this is somebody on Matrix who may speak there."""
        if self._namespaces.is_ours(user):
            return False
        return self._permissions.may(user, Right.SPEAK, portal.key.network)
