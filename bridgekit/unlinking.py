"""Unties a chat from its room: the ghosts leave, and nothing in the room says that it is bridged.

The row stays, and what was seen, so that a chat that is linked again brings nothing twice.
"""

from __future__ import annotations

import structlog

from bridgekit.ids import NetworkName, UserID
from bridgekit.leaving import ghosts_leave
from bridgekit.matrix.intents import Intents
from bridgekit.members import Members
from bridgekit.models import Portal
from bridgekit.namespaces import Namespaces
from bridgekit.portals import Portals
from bridgekit.upkeep import Upkeep

log = structlog.get_logger()

WHY = "This chat is not bridged here any more."


class Unlinking:
    """An operation; a link of the configuration comes back with the next start."""

    def __init__(
        self,
        portals: Portals,
        members: Members,
        upkeep: Upkeep,
        intents: Intents,
        namespaces: Namespaces,
    ) -> None:
        self._portals, self._members = portals, members
        self._upkeep, self._intents, self._namespaces = upkeep, intents, namespaces

    async def unlink(self, portal: Portal) -> None:
        """Safe to repeat until it returns; raises `RetryLater`."""
        portal = await self._portals.get(portal.id)
        room, network = portal.room, portal.key.network
        if room is None:
            return
        alias = None if portal.private else self._namespaces.alias(network, portal.key.chat)
        if alias is not None and await self._intents.resolve(alias) == room:
            await self._intents.remove_alias(alias)
        await self._upkeep.forget(portal)
        # The commit comes last: after a crash, whoever repeats it finds what is left to do.
        others = [other for other in await self._portals.in_room(room) if other.id != portal.id]
        if all(other.key.network != network for other in others):
            await ghosts_leave(self._intents, room, lambda user: self._is_of(network, user), WHY)
        await self._portals.unbind(portal, room)
        self._members.rehomed(portal.id)
        log.info("chat unlinked", network=network, chat=portal.key.chat, room=room)

    def _is_of(self, network: NetworkName, user: UserID) -> bool:
        found = self._namespaces.remote_user(user)
        return found is not None and found.network == network
