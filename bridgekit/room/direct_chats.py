"""Direct chats that people open on Matrix, by inviting the ghost of whom they want to talk to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridgekit.adapter_supports import SupportsNames
from bridgekit.clock import Clock
from bridgekit.commands.clients import in_time
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import Rejected, RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import EventID, LoginID, PortalID, PortalKey, RemoteUserID, RoomID, UserID
from bridgekit.lanes.queue import Queue
from bridgekit.login.logins import OFF
from bridgekit.login.owners import Owners
from bridgekit.matrix.intents import Intents
from bridgekit.models import Millis, Portal, lane_to_network
from bridgekit.namespaces import RemoteUser
from bridgekit.networks import Network, Networks
from bridgekit.person.ghosts import Ghosts
from bridgekit.person.profiles import Profiles
from bridgekit.room.portals import Portals, key_of
from bridgekit.said import SAID, draft_of
from bridgekit.store.intake import Put
from bridgekit.supports import SupportsContacts

BEFORE = 50  # events that a direct chat may have before its ghost is in


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody wants the ghost in a room."""

    event: EventID
    ghost: UserID
    inviter: UserID
    room: RoomID
    direct: bool


class DirectChats:
    """Answers invitations of ghosts."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        owners: Owners,
        ghosts: Ghosts,
        profiles: Profiles,
        intents: Intents,
        queue: Queue,
        rebound: Callable[[PortalID], None],
        linked: Callable[[Portal], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._networks, self._portals, self._owners = networks, portals, owners
        self._ghosts, self._profiles = ghosts, profiles
        self._intents, self._queue = intents, queue
        self._rebound, self._linked, self._clock = rebound, linked, clock

    async def answer(self, invitation: Invitation, now: Millis) -> str | None:
        """Let the ghost in; the sentence that says why not, if it stays out."""
        remote = await self._ghosts.remote_user(invitation.ghost)
        network = None if remote is None else self._networks.get(remote.network)
        if remote is None or network is None:
            return "This network is not bridged any more."
        portals = await self._portals.in_room(invitation.room)
        if any(portal.key.network == network.name for portal in portals):
            await self._enter(invitation, remote)  # a member of a bridged chat, asked in by hand
            return None
        if isinstance(network.adapter, StandIn):
            return OFF
        if not invitation.direct:
            return "I can only be talked to directly: start a direct chat with me."
        return await self._open(network, remote, invitation, now)

    async def _open(
        self, network: Network, remote: RemoteUser, invitation: Invitation, now: Millis
    ) -> str | None:
        nobody = f"Nobody on {network.name} can have this name."
        spelled = _chat_with(network, remote.user)
        if spelled is None and isinstance(network.adapter, SupportsNames):
            return nobody
        profile = await self._profiles.of(invitation.room, invitation.inviter)
        login = await self._owners.own_login(network, invitation.inviter, profile)
        if login is None:
            return f"You have no login on {network.name} that could talk to me."
        chat = spelled or await self._asked(network, login, remote.user)
        if chat is None:
            return nobody
        await self._enter(invitation, remote)
        # Seen only once it is in.
        members = await self._intents.members(invitation.room, as_user=invitation.ghost)
        if members.keys() - {invitation.ghost, invitation.inviter, self._intents.bot}:
            return "I can only talk to one person at a time: start a direct chat with me."
        await self._bind(key_of(network.name, chat, login), remote, invitation, now)
        return None

    async def _asked(self, network: Network, login: LoginID, user: RemoteUserID) -> Chat | None:
        """The direct chat with somebody, where the network must be asked for it."""
        client = network.logins.client_of(login)
        if client is None:
            raise RetryLater(f"The login on {network.name} is not connected", after=5.0)
        if not isinstance(client, SupportsContacts):
            return None
        try:
            return await in_time(self._clock, network.name, client.resolve(user))
        except Rejected:
            return None

    async def _enter(self, invitation: Invitation, remote: RemoteUser) -> None:
        await self._ghosts.ensure(remote.network, remote.user)
        await self._intents.join(invitation.ghost, invitation.room)

    async def _bind(
        self, key: PortalKey, remote: RemoteUser, invitation: Invitation, now: Millis
    ) -> None:
        old = await self._portals.ensure(key)
        portal = await self._portals.rebind(old, invitation.room, other=remote.user)
        self._rebound(portal.id)
        await self._linked(portal)
        said = await self._said_since(invitation)
        drafts = [draft_of(event, lane_to_network(portal.id), now) for event in said]
        await self._queue.put(Put(drafts, at=now))
        if old.room is not None and old.room != invitation.room:
            # Nothing said there reaches anybody any more, and its person shall see that.
            why = "This chat goes on in the room that you have opened now."
            await self._intents.leave(invitation.ghost, old.room, why)

    async def _said_since(self, invitation: Invitation) -> Sequence[Mapping[str, Any]]:
        """What was said before the ghost was in: the homeserver pushes only what follows.

        Clients make the room with the first message, so that one comes before any of us joins.
        What is older than the invitation was not said to the ghost.
        """
        said: list[Mapping[str, Any]] = []
        for event in await self._intents.recent(
            invitation.room, BEFORE, invitation.ghost, [invitation.inviter]
        ):
            if event.get("event_id") == invitation.event:
                break
            if event.get("type") in SAID and event.get("content"):  # a redacted one has none
                said.append(event)
        return said[::-1]


def _chat_with(network: Network, user: RemoteUserID) -> Chat | None:
    """The private chat with whom a ghost's name spells; None if nobody can have it."""
    adapter = network.adapter
    if not isinstance(adapter, SupportsNames):
        return None
    named = adapter.user_named(user)
    return None if named is None else adapter.private_chat(named)
