"""Direct chats that people open on Matrix, by inviting the ghost of whom they want to talk to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bridgekit.adapter_supports import SupportsNames
from bridgekit.clock import Clock
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import Rejected, RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import EventID, PortalID, PortalKey, RemoteUserID, RoomID, UserID
from bridgekit.lanes.queue import Queue
from bridgekit.login.logins import OFF
from bridgekit.login.owners import Owners
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Millis, Portal, lane_to_network
from bridgekit.namespaces import RemoteUser
from bridgekit.networks import Network, Networks
from bridgekit.person.ghosts import Ghosts
from bridgekit.person.profiles import Profiles
from bridgekit.room.going_on import point_on
from bridgekit.room.portals import Portals, counterpart, key_of
from bridgekit.room.rooms import Rooms
from bridgekit.room.said_before import BEFORE, is_joining, not_pushed, since
from bridgekit.room.whom import Meant, NotAsked, Whom
from bridgekit.said import SAID, draft_of
from bridgekit.status import Status
from bridgekit.store.intake import Put

log = structlog.get_logger()


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
        rooms: Rooms,
        rebound: Callable[[PortalID], None],
        linked: Callable[[Portal], Awaitable[None]],
        status: Status,
        clock: Clock,
    ) -> None:
        self._networks, self._portals, self._owners = networks, portals, owners
        self._ghosts, self._profiles = ghosts, profiles
        self._intents, self._queue = intents, queue
        self._rooms, self._rebound, self._linked = rooms, rebound, linked
        self._status, self._whom = status, Whom(owners, clock)

    async def answer(self, invitation: Invitation, now: Millis) -> str | None:
        """Let the ghost in; the sentence that says why not, if it stays out."""
        remote = await self._ghosts.remote_user(invitation.ghost)
        network = None if remote is None else self._networks.get(remote.network)
        if remote is None or network is None:
            return "This network is not bridged any more."
        portals = await self._portals.in_room(invitation.room)
        theirs = [portal for portal in portals if portal.key.network == network.name]
        if theirs:
            await self._enter(invitation, remote)  # a member of a bridged chat, asked in by hand
            for portal in theirs:
                if counterpart(portal) == remote.user and not portal.ours:
                    await self._take_in(portal, invitation, now)  # an earlier try may not have
            return None
        if isinstance(network.adapter, StandIn):
            return OFF
        if not invitation.direct:
            return "I can only be talked to directly: start a direct chat with me."
        return await self._open(network, remote, invitation, now)

    async def _open(
        self, network: Network, remote: RemoteUser, invitation: Invitation, now: Millis
    ) -> str | None:
        spelled = _chat_with(network, remote.user)
        if spelled is None and isinstance(network.adapter, SupportsNames):
            return f"Nobody on {network.name} can have this name."
        profile = await self._profiles.of(invitation.room, invitation.inviter)
        login = await self._owners.own_login(network, invitation.inviter, profile)
        if login is None:
            return f"You have no login on {network.name} that could talk to me."
        try:
            meant = (
                Meant(login, spelled) if spelled else await self._asked(network, remote, invitation)
            )
        except Rejected as error:
            return str(error)
        await self._ghosts.ensure(remote.network, remote.user)
        if (sealing := self._intents.envelopes) is not None:
            await sealing.expect(invitation.ghost)  # at once: their client looks for its device now
        await self._intents.join(invitation.ghost, invitation.room)
        # Seen only once it is in.
        members = await self._intents.members(invitation.room, as_user=invitation.ghost)
        bot = self._intents.bot
        if members.keys() - {invitation.ghost, invitation.inviter, bot}:
            return "I can only talk to one person at a time: start a direct chat with me."
        if members.get(bot) != "join" and not await self._readable(invitation):
            return f"I may not bring {bot} here, which encrypts and reads for me: invite it first."
        if sealing is not None:
            await sealing.look(invitation.room, invitation.ghost)
        key = key_of(network.name, meant.chat, meant.login)
        await self._bind(key, remote, invitation, now)
        if meant.note:
            about = f"by which login {invitation.event}"
            await self._status.notice(
                invitation.room, meant.note, key=about, speaker=invitation.ghost
            )
        return None

    async def _readable(self, invitation: Invitation) -> bool:
        """Whether the bot is there, where that takes its device: clients encrypt such rooms."""
        if (sealing := self._intents.envelopes) is not None:
            try:
                await sealing.enter(invitation.room, invitation.ghost)
            except Refused as refused:
                log.warning("the bot is not let in", room=invitation.room, why=str(refused))
                return False
        return True

    async def _asked(self, network: Network, remote: RemoteUser, invitation: Invitation) -> Meant:
        """The direct chat with somebody, where the network must be asked for it."""
        theirs = self._owners.of(network.name, invitation.inviter)
        try:
            return await self._whom.chat(network, theirs, remote.user)
        except NotAsked as error:
            if error.may_be_soon:
                raise RetryLater(str(error), after=5.0) from error
            raise

    async def _enter(self, invitation: Invitation, remote: RemoteUser) -> None:
        await self._ghosts.ensure(remote.network, remote.user)
        await self._intents.join(invitation.ghost, invitation.room)

    async def _bind(
        self, key: PortalKey, remote: RemoteUser, invitation: Invitation, now: Millis
    ) -> None:
        known = await self._portals.ensure(key)
        async with self._rooms.held(known.id):
            old = await self._portals.get(known.id)
            portal = await self._portals.rebind(old, invitation.room, other=remote.user)
        self._rebound(portal.id)
        await self._linked(portal)
        await self._take_in(portal, invitation, now)
        if old.room is not None and old.room != invitation.room:
            # Nothing said there reaches anybody any more, and its person shall see that.
            room, ghost = invitation.room, invitation.ghost
            await point_on(self._intents, self._status, old.room, room, ghost)

    async def _take_in(self, portal: Portal, invitation: Invitation, now: Millis) -> None:
        """Bridge what was said before any of us was in; safe to repeat."""
        said, sealing = await self._said_since(invitation), self._intents.envelopes
        opening = None if sealing is None else await sealing.opening(invitation.ghost)
        opened = said if opening is None else [await opening.open(one) for one in said]
        read = (one for one in opened if one is not None)  # the others wait for their key
        drafts = [draft_of(event, lane_to_network(portal.id), now) for event in read]
        also = () if opening is None else opening.changes()
        await self._queue.put(Put(drafts, at=now, also=also))
        if opening is not None:
            opening.stored()

    async def _said_since(self, invitation: Invitation) -> Sequence[Mapping[str, Any]]:
        """What was said before the ghost was in; nothing, if the bot was there before."""
        room, ghost, inviter = invitation.room, invitation.ghost, invitation.inviter
        bot = self._intents.bot
        there = await self._intents.state(room, "m.room.member", bot, ghost)
        us = (ghost, bot)
        everybody = [inviter, *us]
        events = await since(self._intents, room, invitation.event, ghost, BEFORE, everybody)
        came = any(one.get("state_key") == bot and is_joining(one) for one in events)
        if (there or {}).get("membership") == "join" and not came:
            return ()
        return not_pushed(events, us, SAID)


def _chat_with(network: Network, user: RemoteUserID) -> Chat | None:
    """The private chat with whom a ghost's name spells; None if nobody can have it."""
    adapter = network.adapter
    if not isinstance(adapter, SupportsNames):
        return None
    named = adapter.user_named(user)
    return None if named is None else adapter.private_chat(named)
