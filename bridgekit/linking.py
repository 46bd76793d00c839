"""Chats get their rooms: by the configuration's `links`, or because somebody asks for an alias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from bridgekit.adapter_supports import SupportsNames
from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ghosts import Ghosts
from bridgekit.ids import ChatID, NetworkName, RoomAlias, RoomID, UserID
from bridgekit.logins import NotConnected
from bridgekit.matrix.intents import Intents
from bridgekit.members import Members
from bridgekit.models import Flow, Portal, PortalState
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.portals import Portals, key_of
from bridgekit.rooms import Rooms
from bridgekit.settings import ChatLink

log = structlog.get_logger()

PATIENCE = 10.0  # seconds that an alias query may take before its asker gives up


class Linking:
    """Ties chats to rooms."""

    def __init__(
        self,
        networks: Networks,
        links: Mapping[NetworkName, Sequence[ChatLink]],
        portals: Portals,
        rooms: Rooms,
        members: Members,
        ghosts: Ghosts,
        intents: Intents,
        namespaces: Namespaces,
    ) -> None:
        self._networks, self._links = networks, links
        self._portals, self._rooms, self._members = portals, rooms, members
        self._ghosts, self._intents, self._namespaces = ghosts, intents, namespaces

    async def prepare(self) -> None:
        """Know all linked chats before any login connects; asks nobody."""
        for network in self._networks:
            for link in self._links.get(network.name, ()):
                portal = await self._portal(network, link)
                await self._portals.want(portal, Flow(link.direction.value))
            await network.host.refresh_chats()

    async def apply(self) -> None:
        """Give every configured link its room; what cannot be is said, and stops no other."""
        for network in self._networks:
            for link in self._links.get(network.name, ()):
                try:
                    await self._apply(network, link)
                except (Rejected, RetryLater) as error:
                    log.error(
                        "link without a room",
                        network=network.name,
                        chat=link.chat,
                        room=link.room or "to be made",
                        why=str(error),
                        fix=f"invite {self._intents.bot} into the room, or check its name"
                        if link.room
                        else "it is tried again at the next start",
                    )

    async def alias_exists(self, alias: RoomAlias) -> bool:
        """The homeserver asks for an alias of ours: make its room, if there is such a chat."""
        spelled = self._namespaces.alias_name(alias)
        network = None if spelled is None else self._networks.get(spelled.network)
        if spelled is None or network is None or not isinstance(network.adapter, SupportsNames):
            return False
        chat = network.adapter.chat_named(spelled.name)
        if chat is None or chat.private:
            return False
        try:
            return await self._open(network, chat, alias)
        except (Rejected, LoginError, NotConnected) as error:
            log.warning("alias refused", network=network.name, chat=chat.id, why=str(error))
            return False

    async def user_exists(self, mxid: UserID) -> bool:
        """The homeserver asks for a ghost: it exists if the network could have such a person."""
        remote = self._namespaces.remote_user(mxid)
        network = None if remote is None else self._networks.get(remote.network)
        if network is None or not isinstance(network.adapter, SupportsNames):
            return False
        found = await self._ghosts.remote_user(mxid)
        user = None if found is None else network.adapter.user_named(found.user)
        if user is None:
            return False
        ghost = await self._ghosts.ensure(network.name, user)
        return ghost.mxid == mxid

    async def _open(self, network: Network, chat: Chat, alias: RoomAlias) -> bool:
        listener = network.logins.listener()
        if listener is None:
            return False
        client = await network.logins.ready(listener, chat, PATIENCE)
        portal = await self._portals.want(
            await self._portals.ensure(key_of(network.name, chat, listener))
        )
        await network.host.refresh_chats()
        bound = await self._with_room(portal, await client.chat_info(chat.id))
        await self._intents.add_alias(alias, RoomID(bound.room or ""))
        return True

    async def _portal(self, network: Network, link: ChatLink) -> Portal:
        adapter = network.adapter
        named = adapter.chat_named(link.chat) if isinstance(adapter, SupportsNames) else None
        listener = network.logins.listener() or next(iter(network.logins.all())).id
        return await self._portals.ensure(
            key_of(network.name, named or Chat(ChatID(link.chat)), listener)
        )

    async def _apply(self, network: Network, link: ChatLink) -> None:
        portal = await self._portal(network, link)
        if link.room is not None:
            room = await self._intents.join(self._intents.bot, RoomID(link.room))
            await self._portals.bind(portal, room, ours=False)
            self._members.wake(portal.id)
            return
        if portal.state is not PortalState.BOUND:
            portal = await self._with_room(portal, ChatInfo(name=link.chat))
        alias = self._namespaces.alias(network.name, portal.key.chat)
        if alias is not None and portal.room is not None:
            await self._intents.add_alias(alias, portal.room)

    async def _with_room(self, portal: Portal, info: ChatInfo) -> Portal:
        bound = await self._rooms.ensure(portal, info, ())
        self._members.wake(bound.id)
        return bound
