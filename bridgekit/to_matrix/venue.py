"""The room that a chat's messages go to: there already, or made with the first of them."""

from __future__ import annotations

from bridgekit.errors import RetryLater, Scope
from bridgekit.facts import ChatInfo
from bridgekit.ids import LoginID, UserID
from bridgekit.lanes.journey import Journey
from bridgekit.login.owners import Owners
from bridgekit.membership.members import Members
from bridgekit.models import Portal, PortalState
from bridgekit.networks import Network
from bridgekit.room.portals import Portals
from bridgekit.room.rooms import Rooms
from bridgekit.to_matrix.lookup import asked, looked_up


class Venue:
    """Finds or makes it."""

    def __init__(self, portals: Portals, rooms: Rooms, members: Members, owners: Owners) -> None:
        self._portals, self._rooms = portals, rooms
        self._members, self._owners = members, owners

    async def of(self, journey: Journey, portal: Portal, network: Network) -> Portal | None:
        """The portal with its room; None where nobody would be in it, or it has none."""
        if portal.state is PortalState.BOUND:
            return portal
        receiver = portal.key.receiver
        if receiver is None and portal.state is PortalState.NEW:
            return None  # unlinked while this waited: nobody wants a room for it
        if self._portals.promised(portal.id):
            raise RetryLater("Its room is not linked yet", scope=Scope.NETWORK)
        people = await self._audience(receiver)
        if receiver is not None and not people:
            return None
        found = asked(portal, network)
        if found is None:
            raise RetryLater(f"{network.name} is not connected", after=5.0)
        info = await looked_up(journey.clock, "chat", found.client.chat_info(portal.key.chat))
        bound = await self._rooms.ensure(portal, info or ChatInfo(), people)
        self._members.wake(bound.id)
        return bound

    async def _audience(self, receiver: LoginID | None) -> list[UserID]:
        owner = None if receiver is None else await self._owners.owner(receiver)
        return [] if owner is None else [owner]
