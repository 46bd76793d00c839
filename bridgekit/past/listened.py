"""Whose past a login reads when it connects: that of its private chats, and where it listens."""

from __future__ import annotations

from bridgekit.ids import LoginID, PortalID
from bridgekit.networks import Network
from bridgekit.room.portals import Portals
from bridgekit.store.gaps import GapRows


async def listened(
    rows: GapRows, portals: Portals, network: Network, login: LoginID
) -> list[PortalID]:
    """The bridged chats that a login brings the events of."""
    private, listeners = await rows.bridged(network.name, login), network.logins.listeners
    if not listeners.has(login):
        return private
    shared = await rows.bridged(network.name, None)
    if listeners.listens_everywhere(login):  # so none of them has to be read
        return [*private, *shared]
    found = [await portals.get(portal) for portal in shared]
    return [*private, *(one.id for one in found if listeners.of(one.key.chat) == login)]
