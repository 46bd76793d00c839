"""Chats get their rooms: by the configuration's `links`, or because somebody asks for an alias."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

import structlog

from bridgekit.adapter_supports import SupportsNames
from bridgekit.clock import Clock
from bridgekit.configuration.settings import ChatLink
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import BridgekitError, LoginError, Rejected, RetryLater
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import (
    ChatID,
    NetworkName,
    PortalID,
    PortalKey,
    RemoteUserID,
    RoomAlias,
    RoomID,
    UserID,
)
from bridgekit.login.logins import NotConnected
from bridgekit.matrix.intents import Intents
from bridgekit.membership.members import Members
from bridgekit.models import Flow, Portal, PortalState
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.pacing import Pacing
from bridgekit.person.ghosts import Ghosts
from bridgekit.room.bridge_info import KINDS
from bridgekit.room.portals import AlreadyLinked, Portals
from bridgekit.room.rooms import Rooms
from bridgekit.room.standing import may_set
from bridgekit.room.upgrades import TOMBSTONE
from bridgekit.supports import SupportsContacts
from bridgekit.to_matrix.lookup import looked_up

log = structlog.get_logger()

PATIENCE = 10.0  # seconds that an alias query may take before its asker gives up
TRY_AGAIN = 30.0  # seconds before a link is tried again that could not be made for now

# Who asks for an alias or a ghost is not known, and may be anybody on the federation: what an
# answer makes (a room, an account, a channel that is entered) is made this often for all together.
ALIASES = {"rate": 1 / 10, "burst": 10.0}  # tokens a second, and at once
GHOSTS = {"rate": 1.0, "burst": 50.0}
SAID = {"rate": 1 / 60, "burst": 1.0}  # one line a minute, however many are refused


class Linking:
    """Ties chats to rooms."""

    def __init__(
        self,
        networks: Networks,
        links: Mapping[NetworkName, Sequence[ChatLink]],
        portals: Portals,
        rooms: Rooms,
        members: Members,
        ghosts: Ghosts,
        intents: Intents,
        namespaces: Namespaces,
        clock: Clock,
        bound: Callable[[PortalID], None],
        linked: Callable[[Portal], Awaitable[None]],
    ) -> None:
        self._networks, self._links = networks, links
        self._portals, self._rooms, self._members = portals, rooms, members
        self._ghosts, self._intents, self._namespaces = ghosts, intents, namespaces
        self._clock, self._pacing = clock, Pacing(clock)
        self._bound, self._linked = bound, linked
        self._warned: set[PortalID] = set()  # of links, which are few

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

    async def apply(self) -> float | None:
        """Give every configured link its room; what cannot be is said, and stops no other.

        Returns the seconds after which some of them should be tried again; None: all is done, or
        waits for somebody to invite the bot.
        """
        again: list[float] = []
        for network, link in self._all():
            try:
                await self._apply(network, link)
            except RetryLater as error:
                wait = TRY_AGAIN if error.after is None else error.after
                again.append(wait)
                self._say(network, link, error, f"it is tried again in {wait:.0f} s")
            except AlreadyLinked as error:
                fix = "leave out the `room` of the link, or unlink the chat from its room first"
                self._say(network, link, error, fix)
            except Rejected as error:
                who = self._intents.bot
                fix = f"invite {who} into the room, or check its name" if link.room else "see why"
                self._say(network, link, error, fix)
        return min(again, default=None)

    async def link(
        self, name: NetworkName, chat: Chat, room: RoomID, by: UserID | None = None
    ) -> Portal:
        """Tie a shared chat to a room that exists, as somebody (`by`) or as the operator wants.

        Raises `AlreadyLinked`, `Rejected` with a sentence, or `RetryLater`; safe to repeat.
        """
        network = self._networks.get(name)
        if network is None or chat.private:
            raise Rejected("Only a shared chat of a configured network can be linked.")
        await self._intents.join(self._intents.bot, room)
        if by is not None and not await self._may_link(by, room):
            raise Rejected("You may not change the settings of this room, so you cannot link it.")
        portal = await self._portals.want(await self._portals.ensure(PortalKey(name, chat.id)))
        tied = await self._tie(portal, room)
        await network.host.refresh_chats()
        return tied

    async def _may_link(self, user: UserID, room: RoomID) -> bool:
        create = await self._intents.state_event(room, "m.room.create")
        levels = await self._intents.state(room, "m.room.power_levels")
        inside = (await self._intents.members(room)).get(user) == "join"
        return inside and may_set(user, KINDS[0], create or {}, levels)

    async def alias_exists(self, alias: RoomAlias) -> bool:
        """The homeserver asks for an alias of ours: make its room, if there is such a chat."""
        spelled = self._namespaces.alias_name(alias)
        network = None if spelled is None else self._networks.get(spelled.network)
        if spelled is None or network is None or not isinstance(network.adapter, SupportsNames):
            return False
        chat = network.adapter.chat_named(spelled.name)
        if chat is None or chat.private:
            return False
        try:
            async with self._clock.timeout(PATIENCE):
                room = await self._room_of(network, chat)
                if room is not None:
                    await self._intents.add_alias(alias, room)
                return room is not None
        except (Rejected, LoginError, NotConnected, RetryLater, TimeoutError) as error:
            why = str(error) or "it takes too long"
            log.warning("alias refused", network=network.name, chat=chat.id, why=why)
            return False

    async def user_exists(self, mxid: UserID) -> bool:
        """The homeserver asks for a ghost: it exists if the network could have such a person."""
        remote = self._namespaces.remote_user(mxid)
        network = None if remote is None else self._networks.get(remote.network)
        found = None if network is None else await self._ghosts.remote_user(mxid)
        if network is None or found is None:
            return False
        user = await self._known_person(network, found.user)
        if user is None or self._namespaces.ghost(network.name, user) != mxid:
            return False
        known = await self._ghosts.known(network.name, user)
        if not known and not self._may_make("user", network, GHOSTS):
            return False
        return (await self._ghosts.ensure(network.name, user)).mxid == mxid

    async def _known_person(self, network: Network, user: RemoteUserID) -> RemoteUserID | None:
        """The person of this ID, if the network could have one, or says that it has."""
        if isinstance(network.adapter, SupportsNames):
            return network.adapter.user_named(user)
        if await self._ghosts.known(network.name, user):
            return user
        client = network.logins.listening()  # a person's own login answers to nobody else
        if (
            client is None
            or not isinstance(client, SupportsContacts)
            or not self._may_make("user", network, GHOSTS)
        ):
            return None
        try:
            async with self._clock.timeout(PATIENCE):
                await client.resolve(str(user))
        except (BridgekitError, TimeoutError):
            return None
        return user

    def _may_make(self, what: str, network: Network, limit: Mapping[str, float]) -> bool:
        """Whether a query may make something now; if not, the log says so once a minute."""
        if self._pacing.spare((what,), rate=limit["rate"], burst=limit["burst"]):
            return True
        if self._pacing.spare((what, "said"), rate=SAID["rate"], burst=SAID["burst"]):
            log.warning("too many queries", of=what, network=network.name)
        return False

    async def _room_of(self, network: Network, chat: Chat) -> RoomID | None:
        """The room of a chat, made if there is none; None if nobody can be in the chat."""
        key = PortalKey(network.name, chat.id)
        portal = await self._portals.find(key)
        if portal is not None and portal.state is PortalState.BOUND:
            return portal.room
        listener = network.logins.listener()
        promised = portal is not None and self._portals.promised(portal.id)
        if listener is None or promised or not self._may_make("alias", network, ALIASES):
            return None
        # Asked before anything is stored: a chat that cannot be entered leaves nothing behind.
        client = await network.logins.ready(listener, chat, PATIENCE)
        info = await looked_up(self._clock, "chat", client.chat_info(chat.id))
        portal = await self._portals.want(await self._portals.ensure(key))
        await network.host.refresh_chats()
        while True:
            try:
                return (await self._with_room(portal, info or ChatInfo(name=chat.id))).room
            except RetryLater as error:  # until whoever asks has no patience left
                await self._clock.sleep(1.0 if error.after is None else error.after)

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
        adapter = network.adapter
        named = adapter.chat_named(link.chat) if isinstance(adapter, SupportsNames) else None
        chat = ChatID(link.chat) if named is None else named.id
        return await self._portals.ensure(PortalKey(network.name, chat))

    async def _apply(self, network: Network, link: ChatLink) -> None:
        portal = await self._portal(network, link)
        if link.room is not None:
            room = await self._intents.join(self._intents.bot, RoomID(link.room))
            if portal.room is None or not await self._replaced(room, portal.room):
                await self._tie(portal, room)
                await self._warn_of_others(network, link, portal, room)
            return
        if portal.state is not PortalState.BOUND:
            portal = await self._with_room(portal, ChatInfo(name=link.chat))
        alias = self._namespaces.alias(network.name, portal.key.chat)
        if alias is not None and portal.room is not None:
            await self._intents.add_alias(alias, portal.room)

    async def _tie(self, portal: Portal, room: RoomID) -> Portal:
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

    async def _with_room(self, portal: Portal, info: ChatInfo) -> Portal:
        bound = await self._rooms.ensure(portal, info, ())
        self._members.wake(bound.id)
        await self._linked(bound)
        return bound
