"""What the commands that list chats answer: each chat, whom it is with, and its room."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from bridgekit.commands.command import Answer
from bridgekit.configuration.stand_in import StandIn
from bridgekit.ids import ChatID, NetworkName, PortalID, RemoteUserID, RoomID, UserID
from bridgekit.login.owners import Owners
from bridgekit.models import Flow, Portal
from bridgekit.networks import Networks
from bridgekit.person.naming import clean_name
from bridgekit.room.portals import counterpart
from bridgekit.store.members import MemberRows
from bridgekit.store.people import People

_NAMED = 5  # people of a private chat; more make a line that nobody reads


class BridgedChat(BaseModel):
    """A chat that has a room."""

    id: PortalID = Field(description="For `after`: what comes behind it.")
    network: NetworkName
    chat: ChatID
    room: RoomID
    direction: Flow
    private: bool = Field(description="Whether it is seen by one login only.")
    others: list[str] = Field(description="Of one's own private ones: whom they are with.")
    unheard: bool = Field(
        description="It is shared, and no login of the bridge's own hears it: nothing crosses."
    )


class Chats(Answer):
    chats: list[BridgedChat]


class Listed:
    """Describes chats: by the names of who is in them, and whether anybody hears them."""

    def __init__(
        self, networks: Networks, owners: Owners, people: People, members: MemberRows
    ) -> None:
        self._networks, self._owners = networks, owners
        self._people, self._members = people, members

    def unheard(self, portal: Portal) -> bool:
        """Whether no login of the bridge's own hears a shared chat, be it connected or not.

        Of a network that is not configured, or whose adapter cannot be used, `doctor` tells.
        """
        network = self._networks.get(portal.key.network)
        if portal.private or network is None or isinstance(network.adapter, StandIn):
            return False
        return network.logins.listeners.of(portal.key.chat) is None

    async def chats(self, portals: Sequence[Portal], none: str, user: UserID) -> Chats:
        """As `user` is told of them; `none` is said where there are none."""
        found = [
            BridgedChat(
                id=portal.id,
                network=portal.key.network,
                chat=portal.key.chat,
                room=portal.room,
                direction=portal.flow,
                private=portal.private,
                others=await self._others(portal, user),
                unheard=self.unheard(portal),
            )
            for portal in portals
            if portal.room is not None
        ]
        return Chats(text="\n".join([*map(_line, found), *_mend(found)]) or none, chats=found)

    async def _others(self, portal: Portal, user: UserID) -> list[str]:
        """By the names that their network has told; empty where nobody knows who that is.

        With whom others talk is nobody's business, an admin's neither.
        """
        receiver = portal.key.receiver
        row = None if receiver is None else await self._owners.kept(receiver)
        if row is None or row.owner != user:
            return []
        other, network = counterpart(portal), portal.key.network
        if other is not None and await self._people.ghost(network, other) is not None:
            return [await self._name(network, other)]
        there = sorted(await self._members.wanted_in(portal.id) - {row.me})
        return [await self._name(network, one) for one in there[:_NAMED]]

    async def _name(self, network: NetworkName, user: RemoteUserID) -> str:
        ghost = await self._people.ghost(network, user)
        return clean_name(ghost.name or "" if ghost else "") or user


def _line(one: BridgedChat) -> str:
    way = "" if one.direction is Flow.BOTH else f"{one.direction} only"
    notes = ", ".join(filter(None, [way, "no login hears it" if one.unheard else ""]))
    names = ", ".join(one.others)
    chat = f"`{one.chat}`" if names in ("", one.chat) else f"{names} (`{one.chat}`)"
    return f"{one.network}: {chat} in {one.room}{f' ({notes})' if notes else ''}"


def _mend(chats: Sequence[BridgedChat]) -> list[str]:
    """What to do about those that nobody hears, a line for each network."""
    silent = sorted({one.network for one in chats if one.unheard})
    return [
        f"Where no login hears it nothing crosses: an admin signs in again for the bridge "
        f"(`sign-in {network} --relay`), mends the configuration of {network}, or unlinks the chat."
        for network in silent
    ]
