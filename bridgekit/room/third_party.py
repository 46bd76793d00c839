"""Third-party look-ups: which chats and people of a network there are on Matrix, and under what
names (application service API, "Third-party networks").

A protocol is an adapter, its instances are the networks that use it. Nothing is made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import structlog

from bridgekit.adapter_supports import SupportsNames
from bridgekit.clock import Clock
from bridgekit.errors import BridgekitError, RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, PortalKey, RemoteUserID, RoomAlias, UserID
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.pacing import Pacing
from bridgekit.person.ghosts import Ghosts
from bridgekit.room.portals import Portals
from bridgekit.supports import SupportsContacts

log = structlog.get_logger()

JSON = dict[str, Any]

# Anybody on the homeserver may ask, and some answers are asked of the network.
ASKED = {"rate": 5.0, "burst": 50.0}
PATIENCE = 10.0  # seconds
FIELDS = {
    "network": {"regexp": "[a-z0-9][a-z0-9-]*", "placeholder": "the bridge's name of the network"},
    "channel": {"regexp": ".+", "placeholder": "#channel"},
    "user": {"regexp": ".+", "placeholder": "a name, a number or an ID"},
}


class ThirdParty:
    """Answers for all networks."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        ghosts: Ghosts,
        namespaces: Namespaces,
        clock: Clock,
    ) -> None:
        self._networks, self._portals, self._ghosts = networks, portals, ghosts
        self._namespaces, self._clock = namespaces, clock
        self._pacing = Pacing(clock)

    def protocol(self, name: str) -> JSON | None:
        """What there is to know of a protocol; None if there is none of that name."""
        networks = list(self._of(name))
        if not networks:
            return None
        return {
            "user_fields": ["network", "user"],
            "location_fields": ["network", "channel"],
            "icon": "",
            "field_types": FIELDS,
            "instances": [
                {
                    "desc": f"{network.adapter.manifest.title}: {network.name}",
                    "network_id": network.name,
                    "fields": {"network": network.name},
                }
                for network in networks
            ],
        }

    async def locations(self, protocol: str, fields: Mapping[str, str]) -> Sequence[JSON]:
        """The aliases of a channel; one that nobody bridged yet is made when it is joined."""
        self._spend()
        name, found = fields.get("channel", ""), []
        for network in self._of(protocol, fields.get("network")) if name else ():
            adapter = network.adapter
            chat = adapter.chat_named(name) if isinstance(adapter, SupportsNames) else None
            if (
                chat is not None
                and isinstance(adapter, SupportsNames)
                and adapter.withheld(chat.id)
            ):
                continue
            if chat is None:  # a network without public names knows what it has a room for
                portal = await self._portals.find(PortalKey(network.name, ChatID(name)))
                chat = Chat(portal.key.chat) if portal is not None and portal.room else None
            location = None if chat is None or chat.private else self._location(network, chat.id)
            found += [location] if location else []
        return found

    async def location(self, alias: RoomAlias) -> Sequence[JSON]:
        """The channel that an alias of ours stands for."""
        self._spend()
        spelled = self._namespaces.alias_name(alias)
        network = None if spelled is None else self._networks.get(spelled.network)
        if spelled is None or network is None:
            return ()
        return await self.locations(
            network.adapter.manifest.name, {"network": network.name, "channel": spelled.name}
        )

    async def users(self, protocol: str, fields: Mapping[str, str]) -> Sequence[JSON]:
        """The ghost of somebody whom the network knows."""
        self._spend()
        name = fields.get("user", "")
        found = []
        for network in self._of(protocol, fields.get("network")):
            user = await self._user(network, name) if name else None
            if user is not None:
                found.append(_user(network, user, self._namespaces.ghost(network.name, user)))
        return found

    async def user(self, mxid: UserID) -> Sequence[JSON]:
        """Whose ghost this is."""
        self._spend()
        remote = await self._ghosts.remote_user(mxid)
        network = None if remote is None else self._networks.get(remote.network)
        if remote is None or network is None:
            return ()
        return (_user(network, remote.user, mxid),)

    async def _user(self, network: Network, name: str) -> RemoteUserID | None:
        adapter = network.adapter
        if isinstance(adapter, SupportsNames):
            return adapter.user_named(name)
        if await self._ghosts.known(network.name, RemoteUserID(name)):
            return RemoteUserID(name)
        client = network.logins.listeners.client()  # what is in a person's own contacts is not told
        if client is None or not isinstance(client, SupportsContacts):
            return None
        try:
            async with self._clock.timeout(PATIENCE):
                async for info in client.search(name):
                    if info.id is not None:
                        return info.id
        except (BridgekitError, TimeoutError) as error:
            log.info("look-up failed", network=network.name, error=type(error).__name__)
        return None

    def _of(self, protocol: str, name: str | None = None) -> Iterator[Network]:
        for network in self._networks:
            if network.adapter.manifest.name == protocol and name in (None, network.name):
                yield network

    def _location(self, network: Network, chat: ChatID) -> JSON | None:
        alias = self._namespaces.alias(network.name, chat)
        if alias is None:
            return None
        fields = {"network": network.name, "channel": chat}
        return {"alias": alias, "protocol": network.adapter.manifest.name, "fields": fields}

    def _spend(self) -> None:
        if not self._pacing.spare(("asked",), **ASKED):
            raise RetryLater("Too many look-ups", after=1.0)


def _user(network: Network, user: RemoteUserID, mxid: UserID) -> JSON:
    fields = {"network": network.name, "user": user}
    return {"userid": mxid, "protocol": network.adapter.manifest.name, "fields": fields}
