"""Whom private chats are with, learnt later, where that was not to be had as their rooms were made.

Rooms from before it was kept have a ghost of the chat's own ID, who is nobody; and a look-up that
failed has left nobody at all. The network is asked at the next occasion, and then not soon again.
"""

from __future__ import annotations

from contextlib import suppress

import structlog

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import PortalID, RemoteUserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal, PortalState
from bridgekit.networks import Network
from bridgekit.person.ghosts import Ghosts
from bridgekit.room.portals import Portals
from bridgekit.to_matrix.lookup import looked_up, must_tell

log = structlog.get_logger()

KEPT = 10_000
AGAIN = 600.0  # seconds after which a network is asked anew that gave no answer
NEVER = float("inf")  # while this process lasts: it has said that it cannot tell


class Learning:
    """Of all networks that alone can tell. It raises nothing that a network does."""

    def __init__(self, portals: Portals, ghosts: Ghosts, intents: Intents, clock: Clock) -> None:
        self._portals, self._ghosts = portals, ghosts
        self._intents, self._clock = intents, clock
        self._not_before: LRU[PortalID, float] = LRU(KEPT)

    async def learn(self, portal: Portal, network: Network, client: Client | None) -> Portal:
        """The portal, with whom its chat is with, if that was unknown and can be said now."""
        if not portal.private or portal.other or portal.state is not PortalState.BOUND:
            return portal
        if client is None or not must_tell(network):
            return portal
        now = self._clock.monotonic()
        if now < (self._not_before.get(portal.id) or 0.0):
            return portal
        self._not_before.put(portal.id, now + AGAIN)
        try:
            info = await looked_up(self._clock, "chat", client.chat_info(portal.key.chat))
        except RetryLater:
            return portal
        if info is None:
            return portal
        self._not_before.put(portal.id, NEVER)
        named = RemoteUserID(portal.key.chat)
        return await self._known(portal, named if info.other is None else info.other)

    async def _known(self, portal: Portal, other: RemoteUserID) -> Portal:
        nobody = RemoteUserID(portal.key.chat)
        if portal.other is None and other != nobody and portal.room is not None:
            ghost = await self._ghosts.find(portal.key.network, nobody)
            if ghost is not None:
                with suppress(Refused):  # it was never in there
                    await self._intents.leave(ghost.mxid, portal.room)
        return await self._portals.is_with(portal, other)
