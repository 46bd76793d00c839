"""Circles that a link would close: from a room to a chat and back, by another way.

A chat has one room, so that rooms and chats make no circle by themselves. But two networks of the
configuration may be one and the same place, and the same chat then has a room by each name.
"""

from __future__ import annotations

from collections import defaultdict, deque

from bridgekit.errors import Rejected
from bridgekit.ids import ChatID, NetworkName, PortalKey, RoomID
from bridgekit.models import Portal
from bridgekit.networks import Networks
from bridgekit.room.portals import Portals
from bridgekit.supports import SupportsPlace

MOST = 1_000  # rooms that are looked at

Place = tuple[str, str]


class ClosesCircle(Rejected):
    """What is said would go round."""


class Circles:
    """Of all networks."""

    def __init__(self, networks: Networks, portals: Portals) -> None:
        self._networks, self._portals = networks, portals

    async def check(self, network: NetworkName, chat: ChatID, room: RoomID) -> None:
        """Raises `ClosesCircle` with a sentence, if to join the two would close one."""
        way = await self._way(network, chat, room)
        if way is not None:
            raise ClosesCircle(_closes_circle(network, chat, way, room))

    async def _way(self, network: NetworkName, chat: ChatID, room: RoomID) -> Portal | None:
        """The portal by which the room and the chat are joined already; None: they are not."""
        names: defaultdict[Place, list[NetworkName]] = defaultdict(list)
        for one in self._networks:
            names[self.place(one.name)].append(one.name)
        if len(names) == len(list(self._networks)):
            return None
        wanted, seen, waiting = (self.place(network), chat), {room}, deque([room])
        while waiting and len(seen) < MOST:
            for portal in await self._portals.in_room(waiting.popleft()):
                place = self.place(portal.key.network)
                if portal.private or portal.key[:2] == (network, chat):
                    continue
                if (place, portal.key.chat) == wanted:
                    return portal
                for name in names[place]:
                    other = await self._portals.find(PortalKey(name, portal.key.chat))
                    there = None if other is None else other.room
                    if there is not None and there not in seen:
                        seen.add(there)
                        waiting.append(there)
        return None

    def place(self, name: NetworkName) -> Place:
        """What a network really is, as far as it says: its own name where it does not."""
        network = self._networks.get(name)
        client: object = None if network is None else network.logins.client()
        if network is None or not isinstance(client, SupportsPlace) or not client.place:
            return ("", name)
        return (network.adapter.manifest.name, client.place.casefold())


def _closes_circle(network: NetworkName, chat: ChatID, way: Portal, room: RoomID) -> str:
    """Why a link is not made that would."""
    twin = f"{way.key.chat} of {way.key.network}"
    if way.room == room:
        return (
            f"{network} and {way.key.network} are the same place, and {twin} is bridged with this "
            f"room: with {chat} of {network} everything would come twice and go round."
        )
    return (
        f"{chat} of {network} is joined to this room already, by way of {twin} and another room: "
        "what is said would go round."
    )
