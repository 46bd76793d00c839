"""Whole networks: what the bridge's own logins list gets rooms, as far as the operator wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from bridgekit.clock import Clock
from bridgekit.configuration.sync_settings import SyncSettings
from bridgekit.errors import Rejected
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import LoginID, NetworkName, PortalKey, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal, PortalState
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.pacing import Pacing
from bridgekit.room.portals import Portals
from bridgekit.supports import SupportsChatList

log = structlog.get_logger()

PATIENCE = 10.0  # seconds that entering a chat may take
AGAIN = 60.0  # seconds before a list is read again that could not be read to its end

WithRoom = Callable[[Portal, ChatInfo, Sequence[UserID]], Awaitable[Portal]]


class Syncing:
    """Of all networks. What was linked otherwise stays as it is; what is gone keeps its room."""

    def __init__(
        self,
        networks: Networks,
        wanted: Callable[[NetworkName], SyncSettings],
        portals: Portals,
        intents: Intents,
        namespaces: Namespaces,
        clock: Clock,
        with_room: WithRoom,
        off: Callable[[], Awaitable[None]],
    ) -> None:
        self._networks, self._wanted, self._portals = networks, wanted, portals
        self._intents, self._namespaces = intents, namespaces
        self._clock, self._with_room, self._pacing = clock, with_room, Pacing(clock)
        self._changed: dict[tuple[NetworkName, LoginID], None] = {}
        self._woken, self._brake_off = asyncio.Event(), off

    def changed(self, name: NetworkName, login: LoginID) -> None:
        """A login may list other chats than before: it connected, or its network says so."""
        if self._wanted(name).allow:
            self._changed[name, login] = None
            self._woken.set()

    def renewed(self, name: NetworkName) -> None:
        """Other chats are wanted of a network than before."""
        network = self._networks.get(name)
        for login in () if network is None else network.logins.all():
            self.changed(name, login.id)

    async def run(self) -> None:
        """Read lists until cancelled."""
        while True:
            self._woken.clear()
            while self._changed:
                await self._brake_off()
                (name, login), _ = self._changed.popitem()
                try:
                    await self._read(name, login)
                except Exception as error:  # noqa: BLE001 (foreign code, the store: it is tried again)
                    log.warning("chats not listed", login=login, error=type(error).__name__)
                    self._clock.call_later(AGAIN, partial(self.changed, name, login))
            await self._woken.wait()

    async def _read(self, name: NetworkName, login: LoginID) -> None:
        network = self._networks.get(name)
        if network is None or not network.logins.listeners.has(login):
            return
        client: object = network.logins.client_of(login)
        if not isinstance(client, SupportsChatList):
            return  # it reads them when it connects
        async for info in client.chats():
            if info.id is not None and self._is_wanted(network, info):
                await self._bring(network, login, PortalKey(name, info.id), info)

    def _is_wanted(self, network: Network, info: ChatInfo) -> bool:
        """A chat that not everybody may see gets a room only if there is somebody to be in it."""
        if info.direct or (info.by_invitation and not network.options.inbox):
            return False
        return self._wanted(network.name).takes(info)

    async def _bring(
        self, network: Network, login: LoginID, key: PortalKey, info: ChatInfo
    ) -> None:
        if network.logins.listeners.own(key.chat) != login:
            return
        known = await self._portals.find(key)
        if known is not None and (
            known.state is PortalState.BOUND or self._portals.promised(known.id)
        ):
            return
        most = self._wanted(network.name).rooms_per_minute
        await self._pacing.take((network.name,), rate=most / 60, burst=max(1.0, most), cost=1.0)
        # First: what is said as soon as the login is in it goes to the room that is made.
        portal = await self._portals.want(await self._portals.ensure(key))
        await network.host.refresh_chats()
        try:
            await network.logins.ready(login, Chat(key.chat), PATIENCE)
            await self._room(network, portal, info)
        except (Rejected, Refused) as error:
            log.warning("chat without a room", network=key.network, chat=key.chat, why=str(error))

    async def _room(self, network: Network, portal: Portal, info: ChatInfo) -> None:
        people = [UserID(user) for user in network.options.inbox] if info.by_invitation else []
        bound = await self._with_room(portal, info, people)
        alias = self._namespaces.alias(network.name, info.name or portal.key.chat)
        if alias is not None and bound.room is not None and not info.by_invitation:
            await self._intents.add_alias(alias, bound.room)
