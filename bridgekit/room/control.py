"""A room's own business: invitations of the bot and of ghosts, and what is said in rooms that are
not bridged. One ordered lane per room, so that an invitation comes before what follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from bridgekit.codec import load_event
from bridgekit.errors import Rejected, RetryLater
from bridgekit.fault import fault_of
from bridgekit.ids import EventID, NetworkName, RoomID, UserID
from bridgekit.lanes.journey import Done, Journey, dropped
from bridgekit.lanes.queue import Queue
from bridgekit.login.permissions import Level, level_of
from bridgekit.lru import LRU
from bridgekit.matrix.intents import Intents
from bridgekit.models import Flow, Result, lane_to_network
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Networks
from bridgekit.person.ghosts import Ghosts
from bridgekit.reasons import Reason
from bridgekit.room.direct_chats import DirectChats, Invitation
from bridgekit.room.portals import Portals
from bridgekit.room.rooms import Rooms
from bridgekit.room.upgrades import TOMBSTONE, Upgrades
from bridgekit.said import draft_of
from bridgekit.status import Status
from bridgekit.store.intake import Put
from bridgekit.supports import SupportsMembership

log = structlog.get_logger()

PATIENCE = 5  # tries for which an unknown room may still turn out to be one that is being made
EXPLAINED = 1000  # rooms that are remembered as told what the bridge is for
LOOK_BACK = 20  # words of our own among which that is looked for, once forgotten


class Control:
    """The handler of all control lanes."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        rooms: Rooms,
        ghosts: Ghosts,
        direct: DirectChats,
        intents: Intents,
        namespaces: Namespaces,
        permissions: Mapping[str, Level],
        queue: Queue,
        status: Status,
        invited: Callable[[RoomID], None],
        upgrades: Upgrades,
    ) -> None:
        self._networks, self._portals, self._rooms = networks, portals, rooms
        self._ghosts, self._intents, self._namespaces = ghosts, intents, namespaces
        self._permissions, self._queue, self._status = permissions, queue, status
        self._invited, self._upgrades = invited, upgrades
        self._direct = direct
        self._explained: LRU[RoomID, bool] = LRU(EXPLAINED)

    async def handle(self, journey: Journey) -> Done:
        event = load_event(journey.job.body or "")
        if event["type"] == TOMBSTONE:
            why = await self._upgrades.check(RoomID(event["room_id"]))
            return Done(Reason.DONE) if why is None else _not_followed(why)
        if event["type"] != "m.room.member":
            return await self._said(journey, event)
        return await self._invited_to(journey, event)

    async def _invited_to(self, journey: Journey, event: Mapping[str, Any]) -> Done:
        """The bot or a ghost was invited."""
        invitation = Invitation(
            EventID(event["event_id"]),
            UserID(event["state_key"]),
            UserID(event["sender"]),
            RoomID(event["room_id"]),
            direct=bool(event["content"].get("is_direct")),
        )
        remote = await self._ghosts.remote_user(invitation.ghost)
        journey.network = "" if remote is None else remote.network
        if level_of(invitation.inviter, self._permissions) < Level.USER:
            await self._refuse(invitation, "You are not permitted to use this bridge.")
            return dropped(Reason.NOT_PERMITTED)
        if invitation.ghost == self._intents.bot:
            await self._intents.join(self._intents.bot, invitation.room)
            await self._upgrades.entered(invitation.room)
            self._invited(invitation.room)  # it may be one that the configuration links
            return Done(Reason.DONE)
        why = await self._direct.answer(invitation, journey.now())
        if why is None:
            await self._pass_on(journey, event)
            return Done(Reason.DONE)
        await self._refuse(invitation, why)
        return Done(Reason.REJECTED, Result.DROPPED, why)

    async def _pass_on(self, journey: Journey, event: Mapping[str, Any]) -> None:
        """Whoever was invited into a bridged room is invited on the network, where it can."""
        portals = await self._portals.in_room(RoomID(event["room_id"]))
        drafts = [
            draft_of(event, lane_to_network(portal.id), journey.job.received_at)
            for portal in portals
            if not portal.private
            and portal.key.network == journey.network
            and portal.flow is not Flow.TO_MATRIX
            and self._takes_members(portal.key.network)
        ]
        if drafts:
            await self._queue.put(Put(drafts, at=journey.now()))

    def _takes_members(self, name: NetworkName) -> bool:
        """Whether the network hears of invitations; while it is not connected, its lane decides."""
        network = self._networks.get(name)
        client = None if network is None else network.logins.client()
        return network is not None and (client is None or isinstance(client, SupportsMembership))

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """Whoever invited sees that nobody came; the log and the dead job say why."""
        log.warning("room business failed", ref=journey.job.reference, error=fault_of(error, self))
        if isinstance(error, Rejected):
            return Done(Reason.HOMESERVER_REFUSED, Result.FAILED, str(error), bury=True)
        # Whatever it says is for the log: people get no internals.
        return Done(Reason.INTERNAL, Result.FAILED, bury=True)

    async def _refuse(self, invitation: Invitation, why: str) -> None:
        """The answer to an invitation; its reason is what the inviter sees."""
        remote = await self._ghosts.remote_user(invitation.ghost)
        if remote is not None:
            await self._ghosts.ensure(remote.network, remote.user)  # without an account, no answer
        await self._intents.leave(invitation.ghost, invitation.room, why)

    async def _said(self, journey: Journey, event: Mapping[str, Any]) -> Done:
        """Something said in a room that had no portal when it came in."""
        room = RoomID(event["room_id"])
        portals = await self._portals.in_room(room)
        if not portals:
            may_be_ours = self._upgrades.busy or await self._rooms.busy()
            if may_be_ours and journey.job.attempts < PATIENCE:
                raise RetryLater("Its room may be one that is being made", after=1.0)
            await self._explain(UserID(event["sender"]), room)
            return dropped(Reason.FOREIGN_ROOM)
        drafts = [
            draft_of(event, lane_to_network(portal.id), journey.job.received_at)
            for portal in portals
            if portal.flow is not Flow.TO_MATRIX
        ]
        await self._queue.put(Put(drafts, at=journey.now()))
        return Done(Reason.DONE)

    async def _explain(self, sender: UserID, room: RoomID) -> None:
        """Somebody talks to the bot alone: say what it is for, once per room."""
        if self._explained.get(room) or level_of(sender, self._permissions) < Level.RELAY:
            return
        with suppress(Rejected):  # the bot is not in it
            if len(await self._intents.members(room)) == 2:  # noqa: PLR2004 (the bot and one person)
                networks = sorted(network.name for network in self._networks)
                text = _help(networks, self._namespaces.domain)
                bot = self._intents.bot
                ours = await self._intents.recent(room, LOOK_BACK, bot, [bot])
                if not any(event.get("content", {}).get("body") == text for event in ours):
                    await self._status.notice(room, text, key="help")
        self._explained.put(room, True)


def _not_followed(why: str) -> Done:
    """The upgrade of a room that is not followed; the room itself was told."""
    return Done(Reason.REJECTED, Result.DROPPED, f"The upgrade is not followed: {why}.")


def _help(networks: list[NetworkName], domain: str) -> str:
    names = ", ".join(networks)
    example = networks[0] if networks else "network"
    return (
        f"I am a bridge to: {names}. Nothing said in this room leaves it. "
        f"To talk in a channel, join #{example}_#CHANNEL:{domain}; "
        f"to talk to somebody, start a direct chat with @{example}_NAME:{domain}."
    )
