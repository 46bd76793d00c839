"""A room's own business: invitations of the bot and of ghosts, and what is said in rooms that are
not bridged. One ordered lane per room, so that an invitation comes before what follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bridgekit.adapter_supports import SupportsNames
from bridgekit.codec import load_event
from bridgekit.errors import Rejected, RetryLater
from bridgekit.ghosts import Ghosts
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, RoomID, UserID
from bridgekit.journey import Done, Journey, dropped
from bridgekit.matrix.intents import Intents
from bridgekit.models import Flow, Millis, Portal, Result, lane_to_network
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.owners import Owners
from bridgekit.permissions import Level, level_of
from bridgekit.portals import Portals, key_of
from bridgekit.profiles import Profiles
from bridgekit.queue import Queue
from bridgekit.reasons import Reason
from bridgekit.rooms import Rooms
from bridgekit.said import SAID, draft_of
from bridgekit.status import Status
from bridgekit.store.intake import Put

log = structlog.get_logger()

BEFORE = 50  # events that a direct chat may have before its ghost is in
PATIENCE = 5  # tries for which an unknown room may still turn out to be one that is being made


class Control:
    """The handler of all control lanes."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        rooms: Rooms,
        owners: Owners,
        ghosts: Ghosts,
        profiles: Profiles,
        intents: Intents,
        namespaces: Namespaces,
        permissions: Mapping[str, Level],
        queue: Queue,
        status: Status,
        invited: Callable[[RoomID], None],
    ) -> None:
        self._networks, self._portals, self._rooms = networks, portals, rooms
        self._owners, self._ghosts, self._profiles = owners, ghosts, profiles
        self._intents, self._namespaces, self._permissions = intents, namespaces, permissions
        self._queue, self._status, self._invited = queue, status, invited

    async def handle(self, journey: Journey) -> Done:
        event = load_event(journey.job.body or "")
        if event["type"] != "m.room.member":
            return await self._said(journey, event)
        invitee, inviter = UserID(event["state_key"]), UserID(event["sender"])
        room = RoomID(event["room_id"])
        if level_of(inviter, self._permissions) < Level.USER:
            await self._intents.leave(invitee, room, "You are not permitted to use this bridge.")
            return dropped(Reason.NOT_PERMITTED)
        if invitee == self._intents.bot:
            await self._intents.join(invitee, room)
            self._invited(room)  # it may be one that the configuration links
            return Done(Reason.DONE)
        return await self._ghost_invited(event, invitee, inviter, room, journey.now())

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """Whoever invited sees that nobody came; the log and the dead job say why."""
        log.warning("room business failed", ref=journey.job.reference, error=str(error))
        reason = Reason.HOMESERVER_REFUSED if isinstance(error, Rejected) else Reason.INTERNAL
        return Done(reason, Result.FAILED, str(error), bury=True)

    async def _ghost_invited(
        self, event: Mapping[str, Any], ghost: UserID, inviter: UserID, room: RoomID, now: Millis
    ) -> Done:
        why = await self._cannot_talk(event, ghost, inviter, room, now)
        if why is None:
            return Done(Reason.DONE)
        remote = await self._ghosts.remote_user(ghost)
        if remote is not None:
            await self._ghosts.ensure(remote.network, remote.user)
        await self._intents.leave(ghost, room, why)
        return Done(Reason.REJECTED, Result.DROPPED, why)

    async def _cannot_talk(
        self, event: Mapping[str, Any], ghost: UserID, inviter: UserID, room: RoomID, now: Millis
    ) -> str | None:
        """Open a direct chat; the sentence that says why not, if it cannot be."""
        remote = await self._ghosts.remote_user(ghost)
        network = None if remote is None else self._networks.get(remote.network)
        if remote is None or network is None:
            return "This network is not bridged any more."
        if any(portal.key.network == network.name for portal in await self._portals.in_room(room)):
            await self._intents.join(ghost, room)  # a member of a bridged chat, asked in by hand
            return None
        if not event["content"].get("is_direct"):
            return "I can only be talked to directly: start a direct chat with me."
        user = self._valid(network, remote.user)
        if user is None:
            return f"Nobody on {network.name} can have this name."
        profile = await self._profiles.of(room, inviter)
        login = await self._owners.own_login(network, inviter, profile)
        if login is None:
            return f"You have no login on {network.name} that could talk to me."
        return await self._open(network, ghost, user, inviter, room, login, now)

    async def _open(
        self,
        network: Network,
        ghost: UserID,
        user: RemoteUserID,
        inviter: UserID,
        room: RoomID,
        login: LoginID,
        now: Millis,
    ) -> str | None:
        assert isinstance(network.adapter, SupportsNames)  # noqa: S101 (asked for the name before)
        await self._ghosts.ensure(network.name, user)
        await self._intents.join(ghost, room)
        members = await self._intents.members(room, as_user=ghost)
        others = members.keys() - {ghost, inviter, self._intents.bot}
        if others:
            return "I can only talk to one person at a time: start a direct chat with me."
        chat = network.adapter.private_chat(user)
        portal = await self._portals.ensure(key_of(network.name, chat, login))
        portal = await self._portals.rebind(portal, room)
        await self._catch_up(portal, ghost, now)
        return None

    async def _catch_up(self, portal: Portal, ghost: UserID, now: Millis) -> None:
        """Bridge what was said before the ghost was in: the homeserver pushes only what follows.

        Clients make the room with the first message, so that one comes before any of us joins.
        """
        room = RoomID(portal.room or "")
        said = [
            event
            for event in reversed(await self._intents.recent(room, BEFORE, ghost))
            if event.get("type") in SAID and not self._namespaces.is_ours(event["sender"])
        ]
        drafts = [draft_of(event, lane_to_network(portal.id), now) for event in said]
        await self._queue.put(Put(drafts, at=now))

    def _valid(self, network: Network, user: RemoteUserID) -> RemoteUserID | None:
        adapter = network.adapter
        return adapter.user_named(user) if isinstance(adapter, SupportsNames) else None

    async def _said(self, journey: Journey, event: Mapping[str, Any]) -> Done:
        """Something said in a room that had no portal when it came in."""
        room = RoomID(event["room_id"])
        portals = await self._portals.in_room(room)
        if not portals:
            if self._rooms.busy and journey.job.attempts < PATIENCE:
                raise RetryLater("Its room may be one that is being made", after=1.0)
            return await self._explain(journey, event, room)
        now = journey.now()
        drafts = [
            draft_of(event, lane_to_network(portal.id), now)
            for portal in portals
            if portal.flow is not Flow.TO_MATRIX
        ]
        await self._queue.put(Put(drafts, at=now))
        return Done(Reason.DONE)

    async def _explain(self, journey: Journey, event: Mapping[str, Any], room: RoomID) -> Done:
        """Somebody talks to the bot alone: say what it is for, once per room."""
        members = await self._members_if_ours(room)
        if members is not None and len(members) == 2:  # noqa: PLR2004 (the bot and one person)
            networks = sorted(network.name for network in self._networks)
            await self._status.notice(room, _help(networks, self._namespaces.domain), key="help")
        del journey, event
        return dropped(Reason.FOREIGN_ROOM)

    async def _members_if_ours(self, room: RoomID) -> Mapping[UserID, str] | None:
        try:
            return await self._intents.members(room)
        except Rejected:
            return None  # the bot is not in it


def _help(networks: list[NetworkName], domain: str) -> str:
    names = ", ".join(networks)
    example = networks[0] if networks else "network"
    return (
        f"I am a bridge to: {names}. Nothing said in this room leaves it. "
        f"To talk in a channel, join #{example}_#CHANNEL:{domain}; "
        f"to talk to somebody, start a direct chat with @{example}_NAME:{domain}."
    )
