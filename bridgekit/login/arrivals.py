"""People who are in rooms and have said nothing yet: they come to the chat where that is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.clock import Clock
from bridgekit.errors import BridgekitError
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalID, UserID
from bridgekit.login.logins import NotConnected
from bridgekit.login.owners import Owners
from bridgekit.matrix.intents import Intents
from bridgekit.membership.connects import Connects
from bridgekit.membership.reconciler import Reconciler
from bridgekit.models import Portal
from bridgekit.networks import Network, Networks
from bridgekit.person.profiles import Profiles
from bridgekit.room.portals import Portals
from bridgekit.to_network.own_login import OwnLogins

log = structlog.get_logger()

PATIENCE = 120.0  # seconds: they connect one after another


class Arrivals:
    """Of all networks; whoever comes later is brought by their own join."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        own: OwnLogins,
        owners: Owners,
        profiles: Profiles,
        intents: Intents,
        clock: Clock,
    ) -> None:
        self._networks, self._portals, self._own, self._owners = networks, portals, own, owners
        self._profiles, self._intents = profiles, intents
        self._reconciler = Reconciler("arrivals", self._round, _nothing, clock)
        self._connects = Connects(portals, self._chats_of, self._reconciler.wake, clock)

    def connected(self, name: NetworkName, login: LoginID) -> None:
        """A network's listener is there: others may come now."""
        self._connects.add(name, login)

    async def run(self) -> None:
        """Bring people until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reconciler.run())
            await self._connects.run()

    def _chats_of(self, name: NetworkName, login: LoginID) -> Iterable[ChatID]:
        """Those to which people come without a word."""
        network = self._networks.get(name)
        adapter: object = None if network is None else network.adapter
        if network is None or not isinstance(adapter, SupportsAutomaticLogin):
            return ()
        return filter(adapter.brings, network.host.chat_ids(login))

    async def _round(self, portal_id: PortalID) -> None:
        portal = await self._portals.get(portal_id)
        network = self._networks.get(portal.key.network)
        if network is None or portal.room is None:
            return
        for user, membership in (await self._intents.members(portal.room)).items():
            if membership == "join" and self._own.comes(portal, user, there=True):
                await self._bring(network, portal, user)

    async def _bring(self, network: Network, portal: Portal, user: UserID) -> None:
        assert portal.room is not None  # noqa: S101 (asked before)
        profile = await self._profiles.of(portal.room, user)
        login = await self._owners.own_login(network, user, profile)
        if login is None:
            return
        try:
            await network.logins.ready(login, Chat(portal.key.chat), PATIENCE)
        except (NotConnected, BridgekitError) as error:  # their first words try it again
            log.warning("not in the chat yet", login=login, chat=portal.key.chat, why=str(error))


async def _nothing(after: PortalID, limit: int) -> list[PortalID]:
    """Nothing is left of an earlier process: the network connects anew."""
    del after, limit
    return []
