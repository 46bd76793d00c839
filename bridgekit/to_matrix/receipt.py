"""How far somebody on the network has read, shown by their ghost."""

from __future__ import annotations

from bridgekit.errors import RetryLater
from bridgekit.events import MemberState
from bridgekit.ids import EventID, MessageID, RemoteUserID, RoomID, UserID
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal
from bridgekit.puppets.following import Following
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.store.members import MemberRows
from bridgekit.store.receipts import ReadUpTo

ON_THE_WAY = 10.0  # seconds


class ReceiptsToMatrix:
    """One receipt at a time, to its end."""

    def __init__(
        self,
        portals: Portals,
        members: MemberRows,
        owners: Owners,
        intents: Intents,
        following: Following,
    ) -> None:
        self._portals, self._members = portals, members
        self._owners, self._intents, self._following = owners, intents, following

    async def show(self, portal: Portal, read: ReadUpTo) -> Reason | None:
        """How it ended; None while what was read is not in the room. Raises `RetryLater`."""
        user = RemoteUserID(read.user)
        if portal.room is None:
            return Reason.NOT_LINKED
        ghost = self._owners.mxid(portal.key.network, user)
        if not self._owners.is_ours(ghost):
            return await self._show_own(portal, portal.room, ghost, read)
        if await self._members.actual(portal.id, user) is not MemberState.JOIN:
            want = await self._members.want(portal.id, user)
            if want is not None and want.state is MemberState.JOIN:
                raise RetryLater("Their ghost is on its way into the room", after=ON_THE_WAY)
            return Reason.NO_CHANGE  # who only reads is not in the room for it
        event = await self._event(portal, read)
        if event is None:
            return None
        try:
            await self._intents.receipt(ghost, portal.room, event)
        except Refused:
            return Reason.HOMESERVER_REFUSED
        return Reason.DELIVERED

    async def _show_own(
        self, portal: Portal, room: RoomID, person: UserID, read: ReadUpTo
    ) -> Reason | None:
        """A person on Matrix, who has read it there, or on their telephone."""
        if not await self._following.follows(portal, person):
            return Reason.OWN_ECHO
        event = await self._event(portal, read)
        if event is None:
            return None
        try:
            await self._following.read(person, room, event)
        except Refused:
            return Reason.HOMESERVER_REFUSED
        return Reason.DELIVERED

    async def _event(self, portal: Portal, read: ReadUpTo) -> EventID | None:
        """What was read, where it is in the room."""
        links = await self._portals.rows.links(portal.id, MessageID(read.target))
        return links[-1].event if links else None
