"""Chats that people open on demand: with a person, by a channel's name, or new on the network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bridgekit.adapter import Client
from bridgekit.adapter_supports import SupportsNames
from bridgekit.clock import Clock
from bridgekit.commands.clients import done_in_time, in_time
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.events import MemberState
from bridgekit.facts import Chat, ChatInfo, Profile
from bridgekit.ids import LoginID, NetworkName, PortalKey, RemoteUserID, RoomID, UserID
from bridgekit.login.logins import OFF, NotConnected
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.membership.members import Members
from bridgekit.models import Portal, PortalState, Want
from bridgekit.namespaces import Namespaces, RemoteUser
from bridgekit.networks import Network, Networks
from bridgekit.room.consent import Consent
from bridgekit.room.finding import chat_meant
from bridgekit.room.learning import Learning
from bridgekit.room.portals import Portals, counterpart, key_of
from bridgekit.room.whom import Meant, Whom
from bridgekit.supports import SupportsContacts, SupportsCreate
from bridgekit.to_matrix.lookup import looked_up, must_tell, or_closed

PATIENCE = 10.0  # seconds for which a login that is connecting is waited for

WithRoom = Callable[[Portal, ChatInfo, Sequence[UserID]], Awaitable[Portal]]


@dataclass(frozen=True, slots=True)
class Opened:
    """`made`: the room is new. `note`: what is to be said of whom it is with."""

    room: RoomID
    made: bool
    note: str = ""


class _NotYet(Rejected):
    """Of what is asked for nothing is known: the login that would tell is not connected."""


class Opening:
    """Each raises `Rejected` or `LoginError` with a sentence, or `RetryLater`."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        owners: Owners,
        members: Members,
        intents: Intents,
        namespaces: Namespaces,
        clock: Clock,
        with_room: WithRoom,
        consent: Consent,
        learning: Learning,
    ) -> None:
        self._networks, self._portals, self._owners = networks, portals, owners
        self._members, self._intents = members, intents
        self._namespaces, self._clock, self._with_room = namespaces, clock, with_room
        self._consent, self._whom = consent, Whom(owners, clock)
        self._learning = learning

    async def start(self, by: UserID, name: NetworkName, identifier: str) -> Opened:
        """The direct chat of `by` with whom `identifier` calls: a name, a number or a ghost."""
        network = self._network(name)
        try:
            login = await self._own_login(network, by)
        except Rejected:
            shared = await self._with_ours(network, by, self._remote(network, identifier))
            if shared is None:
                raise
            return shared
        meant = await self._direct_chat(network, login, by, self._remote(network, identifier))
        portal = await self._portals.ensure(key_of(network.name, meant.chat, meant.login))
        client = await self._ready(network, meant.login, meant.chat)
        opened = await self._room(network, portal, client, by)
        await self._bring(network, portal, client)
        return replace(opened, note=meant.note)

    async def _with_ours(self, network: Network, by: UserID, user: str) -> Opened | None:
        """A chat of the bridge's own login that people share, like one of its phone number."""
        client = network.logins.listeners.client()
        if client is None or not isinstance(client, SupportsContacts):
            return None
        chat = await in_time(self._clock, network.name, client.resolve(user))
        return None if chat.private else await self._shared(network, client, chat, by)

    async def open(self, by: UserID, name: NetworkName, written: str) -> Opened:
        """The room of a shared chat that is there, made if need be; `by` is invited."""
        network = self._network(name)
        chat = await chat_meant(network, written, self._clock)
        listener = network.logins.listeners.of(chat.id)
        if listener is None:
            raise Rejected(f"The bridge has no login of its own on {network.name} to listen with.")
        client = await self._seen(network, listener, chat, by, written)
        known = await self._portals.find(PortalKey(network.name, chat.id))
        if known is not None and self._portals.promised(known.id) and known.room is None:
            raise Rejected(f"{chat.id} is waiting for the room that the configuration names.")
        return await self._shared(network, client, chat, by)

    async def _seen(
        self, network: Network, listener: LoginID, chat: Chat, by: UserID, written: str
    ) -> Client:
        """The login that is in a chat which `by` may see.

        Where there may be chats that nobody knows of, one that is not for them is answered like
        one that is none: an admin alone hears what the network says.
        """
        told = not must_tell(network) or self._consent.answers(network, by)
        try:
            client = await self._ready(network, listener, chat)
        except Rejected as error:
            if told or isinstance(error, _NotYet):
                raise
            raise _unseen(network, written) from error
        info = await looked_up(self._clock, "chat", client.chat_info(chat.id))
        found = or_closed(network, info)
        closed = found.by_invitation or found.direct
        if closed and not await self._consent.sees(network, chat, by):
            raise _unseen(network, written)
        return client

    async def create(
        self, by: UserID, name: NetworkName, called: str, members: Sequence[str] = ()
    ) -> Opened:
        """A new chat on the network, with these people, and its room."""
        network = self._network(name)
        login = await self._own_login(network, by)
        client = self._connected(network, login)
        if not isinstance(client, SupportsCreate):
            raise Rejected(f"New chats on {network.name} cannot be made from here.")
        users = [RemoteUserID(self._remote(network, one)) for one in members]
        making = client.create(ChatInfo(name=called), users)
        chat = await done_in_time(self._clock, network.name, making)
        try:
            if chat.private:
                portal = await self._portals.ensure(key_of(network.name, chat, login))
                return await self._room(network, portal, client, by)
            return await self._shared(network, client, chat, by)
        except (Rejected, RetryLater) as error:  # whoever says it again would have two chats
            raise Rejected(_made_without_room(network, chat, error)) from error

    def _network(self, name: NetworkName) -> Network:
        network = self._networks.get(name)
        if network is None:
            names = ", ".join(sorted(one.name for one in self._networks))
            raise Rejected(f"There is no such network; there are: {names}.")
        if isinstance(network.adapter, StandIn):
            raise Rejected(OFF)
        return network

    async def _own_login(self, network: Network, by: UserID) -> LoginID:
        """The login of their own that `by` has or, where one needs no account, gets."""
        profile = await self._intents.profile(by) or {}
        name = str(profile.get("displayname") or by[1:].partition(":")[0])
        login = await self._owners.own_login(network, by, Profile(name))
        if login is None:
            raise Rejected(f"You have no login on {network.name}: sign in first.")
        return login

    def _remote(self, network: Network, written: str) -> str:
        """Whom somebody means: a ghost by its MXID is who it stands for."""
        remote = self._namespaces.remote_user(UserID(written)) if written[:1] == "@" else None
        if isinstance(remote, RemoteUser) and remote.network == network.name:
            return str(remote.user)
        adapter = network.adapter
        named = adapter.user_named(written) if isinstance(adapter, SupportsNames) else None
        return written if named is None else str(named)

    async def _direct_chat(self, network: Network, login: LoginID, by: UserID, user: str) -> Meant:
        adapter = network.adapter
        if isinstance(adapter, SupportsNames):
            named = adapter.user_named(user)
            if named is None:
                raise Rejected(f"Nobody on {network.name} can be called so.")
            return Meant(login, adapter.private_chat(named))
        return await self._whom.chat(network, self._owners.of(network.name, by), user)

    def _connected(self, network: Network, login: LoginID) -> Client:
        client = network.logins.client_of(login)
        if client is None:
            raise Rejected(f"Your login on {network.name} is not connected now: try again later.")
        return client

    async def _ready(self, network: Network, login: LoginID, chat: Chat) -> Client:
        try:
            return await network.logins.ready(login, chat, PATIENCE)
        except NotConnected as error:
            why = f"The bridge is not connected to {network.name} now: try again later."
            raise _NotYet(why) from error

    async def _shared(self, network: Network, client: Client, chat: Chat, by: UserID) -> Opened:
        portal = await self._portals.ensure(PortalKey(network.name, chat.id))
        opened = await self._room(network, await self._portals.want(portal), client, by)
        await network.host.refresh_chats()
        return opened

    async def _room(self, network: Network, portal: Portal, client: Client, by: UserID) -> Opened:
        """Its room, with `by` in it or invited."""
        if portal.state is PortalState.BOUND and portal.room is not None:
            await self._invite(portal.room, by)
            return Opened(portal.room, made=False)
        info = await looked_up(self._clock, "chat", client.chat_info(portal.key.chat))
        known = or_closed(network, info, portal.key.chat)
        bound = await self._with_room(portal, known, [by])
        assert bound.room is not None  # noqa: S101 (it has one now)
        return Opened(bound.room, made=True)

    async def _invite(self, room: RoomID, by: UserID) -> None:
        with suppress(Refused):  # the bot is not in a room that they made themselves
            if by not in await self._intents.members(room):
                await self._intents.invite(room, by)

    async def _bring(self, network: Network, portal: Portal, client: Client) -> None:
        """Whom they want to talk to is in the room, before they say anything."""
        bound = await self._portals.get(portal.id)
        bound = await self._learning.learn(bound, network, client)
        other = counterpart(bound)
        if other is not None:
            with suppress(LoginError, RetryLater):
                await self._members.bring(bound, Want(portal.id, other, MemberState.JOIN))


def _unseen(network: Network, written: str) -> Rejected:
    return Rejected(
        f"There is no chat {written} on {network.name} that I could open for you. If it is for "
        "people who were invited, sign in there as one of them and have the bridge invited too, or "
        "ask an admin of this bridge."
    )


def _made_without_room(network: Network, chat: Chat, why: Exception) -> str:
    room = "the first message in it makes one"
    if not chat.private:
        room = f"`open {network.name} {chat.id}` makes one"
    said = str(why).rstrip(".")
    return f"The chat is made on {network.name}, but has no room yet ({said}): {room}."
