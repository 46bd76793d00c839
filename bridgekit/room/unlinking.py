"""Unties a chat from its room: the ghosts leave, and nothing in the room says that it is bridged.

The row stays, and what was seen, so that a chat that is linked again brings nothing twice.
"""

from __future__ import annotations

import structlog

from bridgekit.ids import NetworkName, PortalID, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.intents import Intents
from bridgekit.membership.members import Members
from bridgekit.membership.powers import Powers
from bridgekit.models import Portal
from bridgekit.namespaces import Namespaces
from bridgekit.room.leaving import ghosts_leave
from bridgekit.room.portals import Portals
from bridgekit.room.upkeep import Upkeep

log = structlog.get_logger()

WHY = "This chat is not bridged here any more."
KEPT = 1_000


class Unlinking:
    """An operation; a link of the configuration comes back with the next start."""

    def __init__(
        self,
        portals: Portals,
        members: Members,
        upkeep: Upkeep,
        intents: Intents,
        namespaces: Namespaces,
        powers: Powers,
    ) -> None:
        self._portals, self._members, self._powers = portals, members, powers
        self._upkeep, self._intents, self._namespaces = upkeep, intents, namespaces
        self._left: LRU[PortalID, RoomID] = LRU(KEPT)

    async def unlink(self, portal: Portal) -> None:
        """Safe to repeat until it returns; raises `RetryLater`."""
        portal = await self._portals.get(portal.id)
        room, network = portal.room, portal.key.network
        if room is None:
            await self._leave(portal, self._left.get(portal.id))
            return
        alias = None if portal.private else self._namespaces.alias(network, portal.key.chat)
        if alias is not None and await self._intents.resolve(alias) == room:
            await self._intents.remove_alias(alias)
        await self._upkeep.forget(portal)
        # The commit comes last: after a crash, whoever repeats it finds what is left to do.
        if await self._is_last(portal, room):
            await self._powers.take_back(portal)
            await self._leave(portal, room)
        self._left.put(portal.id, room)
        await self._portals.unbind(portal, room)
        self._members.rehomed(portal.id)
        log.info("chat unlinked", network=network, chat=portal.key.chat, room=room)
        await self._leave(portal, room)  # once more: who spoke meanwhile came back
        self._left.forget(portal.id)

    async def _leave(self, portal: Portal, room: RoomID | None) -> None:
        """The ghosts go, unless another chat of their network is in the room."""
        network = portal.key.network
        if room is not None and await self._is_last(portal, room):
            await ghosts_leave(self._intents, room, lambda user: self._is_of(network, user), WHY)

    async def _is_last(self, portal: Portal, room: RoomID) -> bool:
        """Whether no other chat of its network is in the room."""
        others = [other for other in await self._portals.in_room(room) if other.id != portal.id]
        return all(other.key.network != portal.key.network for other in others)

    def _is_of(self, network: NetworkName, user: UserID) -> bool:
        found = self._namespaces.remote_user(user)
        return found is not None and found.network == network
