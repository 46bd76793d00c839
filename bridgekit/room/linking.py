"""Chats get the rooms that the configuration's `links` name, or that somebody names by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from http import HTTPStatus

import structlog

from bridgekit.adapter_supports import SupportsNames
from bridgekit.clock import Clock
from bridgekit.configuration.settings import ChatLink
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import Rejected, RetryLater
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import ChatID, NetworkName, PortalID, PortalKey, RoomAlias, RoomID, UserID
from bridgekit.login.logins import NotConnected
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.membership.members import Members
from bridgekit.models import Flow, Portal, PortalState
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.room.circles import Circles, ClosesCircle
from bridgekit.room.former import Former
from bridgekit.room.portals import AlreadyLinked, Portals
from bridgekit.room.rooms import Rooms
from bridgekit.room.succession import TOMBSTONE
from bridgekit.to_matrix.lookup import looked_up, must_tell

log = structlog.get_logger()

TRY_AGAIN = 30.0  # seconds before a link is tried again that could not be made for now


class _AddressTaken(Rejected):
    """Another room has the address that a chat's room should have."""


class Linking:
    """Ties chats to rooms."""

    def __init__(
        self,
        networks: Networks,
        links: Mapping[NetworkName, Sequence[ChatLink]],
        portals: Portals,
        rooms: Rooms,
        members: Members,
        circles: Circles,
        intents: Intents,
        namespaces: Namespaces,
        clock: Clock,
        former: Former,
        bound: Callable[[PortalID], None],
        linked: Callable[[Portal], Awaitable[None]],
    ) -> None:
        self._networks, self._links = networks, links
        self._portals, self._rooms, self._members = portals, rooms, members
        self._circles, self._intents, self._namespaces = circles, intents, namespaces
        self._clock, self._bound, self._linked = clock, bound, linked
        self._former = former
        self._warned: set[PortalID] = set()  # of links, which are few
        self.again = asyncio.Event()
        """Set when a link may be made that could not be."""
        self._awaited: set[NetworkName] = set()

    async def prepare(self) -> None:
        """Know all linked chats before any login connects; asks nobody."""
        for network, link in self._all():
            portal = await self._portals.want(
                await self._portal(network, link), Flow(link.direction.value)
            )
            if link.room is not None:
                self._portals.promise(portal.id)
        for network in self._networks:
            await network.host.refresh_chats()

    def connected(self, network: NetworkName) -> None:
        """Now it can be asked about the chats of its links."""
        if network in self._awaited:
            self._awaited.discard(network)
            self.again.set()

    def configured(self, portal: Portal) -> bool:
        """Whether the configuration itself links this chat."""
        return any(
            network.name == portal.key.network and _chat(network, link) == portal.key.chat
            for network, link in self._all()
        )

    async def apply(self) -> float | None:
        """Give every configured link its room; what cannot be is said, and stops no other.

        Returns the seconds after which some of them should be tried again; None: all is done, or
        waits for somebody to invite the bot, or for a network to connect.
        """
        again: list[float] = []
        for network, link in self._all():
            try:
                await self._apply(network, link)
            except RetryLater as error:
                wait = TRY_AGAIN if error.after is None else error.after
                again.append(wait)
                self._say(network, link, error, f"it is tried again in {wait:.0f} s")
            except NotConnected:
                self._awaited.add(network.name)
            except AlreadyLinked as error:
                fix = "leave out the `room` of the link, or unlink the chat from its room first"
                self._say(network, link, error, fix)
            except ClosesCircle as error:
                self._say(network, link, error, "leave out one of the two links")
            except _AddressTaken as error:
                fix = (
                    "take the address from the room that has it, which is not known as this chat's"
                )
                self._say(network, link, error, fix)
            except Rejected as error:
                fix = f"let the bridge into the chat on {network.name}, or check how it is called"
                if link.room:
                    fix = f"invite {self._intents.bot} into the room, or check its name"
                self._say(network, link, error, fix)
        return min(again, default=None)

    async def link(
        self, name: NetworkName, chat: Chat, room: RoomID, flow: Flow | None = None
    ) -> Portal:
        """Tie a shared chat to a room that exists; whoever asks was asked whether they may.

        Raises `AlreadyLinked`, `Rejected` with a sentence, or `RetryLater`; safe to repeat.
        """
        network = self._networks.get(name)
        if network is None or chat.private:
            raise Rejected("Only a shared chat of a configured network can be linked.")
        await self._intents.join(self._intents.bot, room)
        await self._circles.check(name, chat.id, room)  # before anything is stored
        portal = await self._portals.ensure(PortalKey(name, chat.id))
        if portal.room not in (None, room):
            raise AlreadyLinked(f"The chat {chat.id} is bridged to another room already")
        tied = await self._tie(await self._portals.want(portal, flow), room)
        await network.host.refresh_chats()
        return tied

    def _all(self) -> Iterator[tuple[Network, ChatLink]]:
        for network in self._networks:
            if isinstance(network.adapter, StandIn):
                continue  # how a link spells its chat is for the adapter to know
            for link in self._links.get(network.name, ()):
                yield network, link

    def _say(self, network: Network, link: ChatLink, error: Exception, fix: str) -> None:
        log.error(
            "link without a room",
            network=network.name,
            chat=link.chat,
            room=link.room or "to be made",
            why=str(error),
            fix=fix,
        )

    async def _portal(self, network: Network, link: ChatLink) -> Portal:
        return await self._portals.ensure(PortalKey(network.name, _chat(network, link)))

    async def _apply(self, network: Network, link: ChatLink) -> None:
        portal = await self._portal(network, link)
        if link.room is not None:
            room = await self._intents.join(self._intents.bot, RoomID(link.room))
            if portal.room is None or not await self._replaced(room, portal.room):
                await self._tie(portal, room)
                await self._warn_of_others(network, link, portal, room)
            return
        if portal.state is not PortalState.BOUND:
            portal = await self._opened(network, link, portal)
        alias = self._namespaces.alias(network.name, portal.key.chat)
        made = portal.room
        if alias is not None and made is not None and await self._is_open(network, made):
            await self._name(portal, made, alias)

    async def _name(self, portal: Portal, room: RoomID, alias: RoomAlias) -> None:
        """Give a room of ours its address; the chat goes back to the room that has it already, if
        that is its own, from before the database was lost, and nobody has come to this one.
        """
        try:
            await self._intents.add_alias(alias, room)
        except Refused as refused:
            if refused.status != HTTPStatus.CONFLICT:
                raise
            former = await self._former.room_of(portal, alias)
            members = await self._intents.members(room)
            if former is None or not all(map(self._namespaces.is_ours, members)):
                raise _AddressTaken(f"{alias} is the address of another room") from refused
            await self._go_back(portal, room, former)

    async def _go_back(self, portal: Portal, made: RoomID, former: RoomID) -> None:
        if (sealing := self._intents.envelopes) is not None:
            await sealing.look(former)
        await self._former.hide(portal)  # before the commit: whoever dies after it does not
        async with self._rooms.held(portal.id):
            tied = await self._portals.rebind(portal, former, ours=True)
        await self._former.hide(portal)  # it may have been shown in between
        log.warning("a chat goes on in the room that it had", room=former, portal=portal.id)
        self._members.rehomed(portal.id)
        self._bound(portal.id)
        await self._linked(tied)
        replaced = {"body": "The chat goes on in its former room.", "replacement_room": former}
        await self._intents.set_state(made, TOMBSTONE, replaced)

    async def _opened(self, network: Network, link: ChatLink, portal: Portal) -> Portal:
        """With a room of ours: where not all may see the chat, for whom the operator names."""
        info = await self._described(network, portal.key.chat) or ChatInfo(name=link.chat)
        closed = info.by_invitation or info.direct
        people = [UserID(user) for user in network.options.inbox] if closed else []
        return await self.with_room(portal, info, people)

    async def _described(self, network: Network, chat: ChatID) -> ChatInfo | None:
        """What a network that alone can tell who may see a chat says: later would be too late.

        Raises `NotConnected`, and `Rejected` where it does not say.
        """
        login = network.logins.listeners.of(chat)
        if login is None or not must_tell(network):
            return None
        client = network.logins.client_of(login)
        if client is None:
            raise NotConnected(f"{network.name} is not connected")
        info = await looked_up(self._clock, "chat", client.chat_info(chat), refusal=True)
        if info is None:
            raise Rejected(f"{network.name} does not say who may see {chat}")
        return info

    async def _is_open(self, network: Network, room: RoomID) -> bool:
        """Whether an alias may lead there."""
        if not must_tell(network):
            return True
        rules = await self._intents.state(room, "m.room.join_rules")
        return (rules or {}).get("join_rule") == "public"

    async def _tie(self, portal: Portal, room: RoomID) -> Portal:
        await self._circles.check(portal.key.network, portal.key.chat, room)
        if (sealing := self._intents.envelopes) is not None:
            await sealing.look(room)
        async with self._rooms.held(portal.id):
            tied = await self._portals.bind(portal, room, ours=False)
        self._members.wake(portal.id)
        self._bound(portal.id)
        await self._linked(tied)
        return tied

    async def _warn_of_others(
        self, network: Network, link: ChatLink, portal: Portal, room: RoomID
    ) -> None:
        """What is said in one chat of a room is seen in all: that should be meant."""
        others = [one for one in await self._portals.in_room(room) if one.id != portal.id]
        if not others or link.shared or portal.id in self._warned:
            return
        self._warned.add(portal.id)
        log.warning(
            "a link names a room that has other chats, which are shown what is said in this one",
            network=network.name,
            chat=link.chat,
            room=room,
            others=", ".join(f"{one.key.network} {one.key.chat}" for one in others),
            fix="if that is meant, write `shared: true` in the link, else name another room",
        )

    async def _replaced(self, room: RoomID, by: RoomID) -> bool:
        """Whether the configuration names a room that was upgraded since to the one we are in."""
        tombstone = {} if room == by else await self._intents.state(room, TOMBSTONE)
        replaced = (tombstone or {}).get("replacement_room") == by
        if replaced:
            log.warning("a link names a room that was upgraded", room=room, fix=f"write {by}")
        return replaced

    async def with_room(
        self, portal: Portal, info: ChatInfo, people: Sequence[UserID] = ()
    ) -> Portal:
        """The portal with a room of ours, made if there is none; these people are invited."""
        bound = await self._rooms.ensure(portal, info, people)
        self._members.wake(bound.id)
        await self._linked(bound)
        return bound


def _chat(network: Network, link: ChatLink) -> ChatID:
    """The chat of a link, as its network tells chats apart."""
    adapter = network.adapter
    named = adapter.chat_named(link.chat) if isinstance(adapter, SupportsNames) else None
    return ChatID(link.chat) if named is None else named.id
