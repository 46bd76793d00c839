"""The room that a chat's messages go to: there already, or made with the first of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bridgekit.errors import RetryLater, Scope
from bridgekit.ids import LoginID, UserID
from bridgekit.login.owners import Owners
from bridgekit.membership.members import Members
from bridgekit.models import Portal, PortalState
from bridgekit.networks import Network
from bridgekit.room.learning import Learning
from bridgekit.room.portals import Portals
from bridgekit.room.rooms import Rooms
from bridgekit.room.wholes import Wholes
from bridgekit.to_matrix.lookup import asked, looked_up, must_tell, or_closed
from bridgekit.to_matrix.scene import Scene

TRIES = 5  # before a room is made of a chat that its network does not tell of


class Venue:
    """Finds or makes it."""

    def __init__(
        self,
        portals: Portals,
        rooms: Rooms,
        members: Members,
        owners: Owners,
        wholes: Wholes,
        learning: Learning,
    ) -> None:
        self._portals, self._rooms, self._wholes = portals, rooms, wholes
        self._learning = learning
        self._members, self._owners = members, owners

    async def of(self, scene: Scene[Any]) -> Portal | None:
        """The portal with its room; None where nobody would be in it, or it has none."""
        portal = scene.portal
        is_part = scene.event.chat.parent is not None
        if portal.state is PortalState.BOUND and not (is_part and not scene.untried):
            receiver = portal.key.receiver
            if receiver is None or portal.other:
                return portal
            client = scene.network.logins.client_of(receiver)
            return await self._learning.learn(portal, scene.network, client)
        if portal.state is not PortalState.BOUND:
            made = await self._made(scene)
            if made is None:
                return None
            portal = made
        if is_part:  # perhaps it was made just before a crash
            await self._wholes.tell(portal, scene.event.chat)
        return portal

    async def _made(self, scene: Scene[Any]) -> Portal | None:
        journey, portal, network = scene.journey, scene.portal, scene.network
        receiver = portal.key.receiver
        if receiver is None and portal.state is PortalState.NEW:
            return None  # unlinked while this waited: nobody wants a room for it
        orphaned = await self._orphaned(scene)
        if orphaned and portal.state is PortalState.WANTED:
            return None
        if self._portals.promised(portal.id):
            raise RetryLater("Its room is not linked yet", scope=Scope.NETWORK)
        people = await self._audience(network, receiver)
        if receiver is not None and not people:
            return None
        found = asked(portal, network)
        if found is None:
            raise RetryLater(f"{network.name} is not connected", after=5.0)
        within = await self._wholes.room(portal, scene.event.chat)
        info = await looked_up(journey.clock, "chat", found.client.chat_info(portal.key.chat))
        shared = receiver is None and within is None
        if info is None and shared and must_tell(network) and journey.job.attempts < TRIES:
            raise RetryLater(f"{network.name} does not tell who may see it")
        info = or_closed(network, info)
        if orphaned:  # its room was begun, so it may be there
            info = replace(info, by_invitation=True)
        bound = await self._rooms.ensure(portal, info, people, within)
        self._members.wake(bound.id)
        if within is not None:
            await network.host.refresh_chats()
        return bound

    async def _orphaned(self, scene: Scene[Any]) -> bool:
        if scene.network.options.inbox:
            return False
        return await self._wholes.orphaned(scene.portal, scene.event.chat)

    async def _audience(self, network: Network, receiver: LoginID | None) -> list[UserID]:
        if receiver is None:
            return [UserID(user) for user in network.options.inbox]
        owner = await self._owners.owner(receiver)
        return [] if owner is None else [owner]
