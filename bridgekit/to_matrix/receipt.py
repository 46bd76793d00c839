"""How far somebody on the network has read, shown by their ghost."""

from __future__ import annotations

from bridgekit.errors import RetryLater
from bridgekit.events import MemberState
from bridgekit.ids import MessageID, RemoteUserID
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.store.members import MemberRows
from bridgekit.store.receipts import ReadUpTo

ON_THE_WAY = 10.0  # seconds


class ReceiptsToMatrix:
    """One receipt at a time, to its end."""

    def __init__(
        self, portals: Portals, members: MemberRows, owners: Owners, intents: Intents
    ) -> None:
        self._portals, self._members = portals, members
        self._owners, self._intents = owners, intents

    async def show(self, portal: Portal, read: ReadUpTo) -> Reason | None:
        """How it ended; None while what was read is not in the room. Raises `RetryLater`."""
        user = RemoteUserID(read.user)
        if portal.room is None:
            return Reason.NOT_LINKED
        ghost = self._owners.mxid(portal.key.network, user)
        if not self._owners.is_ours(ghost):
            return Reason.OWN_ECHO  # a person on Matrix, who has read it there
        if await self._members.actual(portal.id, user) is not MemberState.JOIN:
            want = await self._members.want(portal.id, user)
            if want is not None and want.state is MemberState.JOIN:
                raise RetryLater("Their ghost is on its way into the room", after=ON_THE_WAY)
            return Reason.NO_CHANGE  # who only reads is not in the room for it
        links = await self._portals.rows.links(portal.id, MessageID(read.target))
        if not links:
            return None
        try:
            await self._intents.receipt(ghost, portal.room, links[-1].event)
        except Refused:
            return Reason.HOMESERVER_REFUSED
        return Reason.DELIVERED
