"""A room's own business: invitations of the bot and of ghosts, and what is said to the bot. One
ordered lane per room, so that an invitation comes before what follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from bridgekit.codec import load_event
from bridgekit.commands.addressed import addressed
from bridgekit.commands.chat import Chat
from bridgekit.commands.sealed import Opened, still_sealed
from bridgekit.errors import Rejected, RetryLater
from bridgekit.fault import fault_of
from bridgekit.ids import EventID, NetworkName, RoomID, UserID
from bridgekit.lanes.journey import Done, Journey, dropped
from bridgekit.lanes.parking import Park
from bridgekit.lanes.queue import Queue
from bridgekit.matrix.encrypted import refused_command
from bridgekit.matrix.intents import Intents
from bridgekit.models import Flow, Portal, Result, lane_to_network
from bridgekit.networks import Networks
from bridgekit.permissions.permissions import Decision, Permissions
from bridgekit.permissions.rights import Right
from bridgekit.person.ghosts import Ghosts
from bridgekit.reasons import Reason
from bridgekit.room.direct_chats import DirectChats, Invitation
from bridgekit.room.portals import Portals, counterpart
from bridgekit.room.rooms import Rooms
from bridgekit.room.said_before import SaidToBot
from bridgekit.room.succession import TOMBSTONE
from bridgekit.room.upgrades import Upgrades
from bridgekit.said import draft_of, is_early
from bridgekit.store.intake import Put
from bridgekit.supports import SupportsMembership

log = structlog.get_logger()

OTHER_KEY = "It is sealed with another key: see appservice.old_encryption_keys"
NEVER_MADE = "The chat that this room was made for never came: what you said was not bridged."
PATIENCE = 5  # tries for which an unknown room may still turn out to be one that is being made
LONGEST = 10.0  # seconds between two looks at one that surely is


class Control:
    """The handler of all control lanes."""

    def __init__(  # noqa: PLR0917 (as many things can happen to a room)
        self,
        networks: Networks,
        portals: Portals,
        rooms: Rooms,
        ghosts: Ghosts,
        direct: DirectChats,
        intents: Intents,
        permissions: Permissions,
        chat: Chat,
        opened: Callable[[Mapping[str, Any]], Opened],
        prefix: str,
        queue: Queue,
        invited: Callable[[RoomID], None],
        upgrades: Upgrades,
        said_to_bot: SaidToBot,
    ) -> None:
        self._networks, self._portals, self._rooms = networks, portals, rooms
        self._ghosts, self._intents, self._permissions = ghosts, intents, permissions
        self._chat, self._prefix, self._queue = chat, prefix, queue
        self._opened = opened  # what is said to us is stored sealed
        self._invited, self._upgrades = invited, upgrades
        self._direct, self._said_to_bot = direct, said_to_bot

    async def handle(self, journey: Journey) -> Done:
        event = load_event(journey.job.body or "")
        if event["type"] == TOMBSTONE:
            why = await self._upgrades.check(RoomID(event["room_id"]))
            return Done(Reason.DONE) if why is None else _not_followed(why)
        if event["type"] != "m.room.member":
            self._wait_for_earlier(journey)
            opened = self._opened(event)
            return await self._said(journey, {**event, "content": opened.content}, opened)
        return await self._invited_to(journey, event)

    def _wait_for_earlier(self, journey: Journey) -> None:
        """What was said before the bot was in comes before what was pushed since."""
        if not is_early(journey.job):
            earlier = self._queue.aside.last_early(journey.job.lane)
            if earlier is not None:
                raise Park(earlier)

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
        to_bot = invitation.ghost == self._intents.bot
        decision = self._may_invite(invitation, None if remote is None else remote.network)
        if not decision.allowed:
            await self._refuse(invitation, decision.sentence)
            return dropped(Reason.NOT_PERMITTED)
        if to_bot:
            await self._intents.join(self._intents.bot, invitation.room)
            await self._upgrades.entered(invitation.room)
            self._invited(invitation.room)  # it may be one that the configuration links
            await self._said_to_bot.take_in(invitation.room, invitation.event, journey.now())
            return Done(Reason.DONE)
        why = await self._direct.answer(invitation, journey.now())
        if why is None:
            await self._pass_on(journey, event)
            return Done(Reason.DONE)
        # Somebody may have meant the bot, and taken one of its users for it.
        await self._refuse(invitation, f"{why} The bridge itself is {self._intents.bot}.")
        return Done(Reason.REJECTED, Result.DROPPED, why)

    def _may_invite(self, invitation: Invitation, network: NetworkName | None) -> Decision:
        if invitation.ghost == self._intents.bot:
            return self._permissions.invite_bot(invitation.inviter)
        return self._permissions.decide(invitation.inviter, Right.CREATE, network)

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

    async def _said(self, journey: Journey, event: Mapping[str, Any], opened: Opened) -> Done:
        """Something for us, or said in a room that had no portal when it came in."""
        room = RoomID(event["room_id"])
        prefix = opened.prefix or self._prefix  # it may have been changed since it was said
        portals = await self._portals.in_room(room)
        if addressed(event, prefix) or refused_command(event):
            speaker = await self._speaker(portals)
            return await self._chat.hear(journey, event, portals, prefix, speaker)
        if not portals:
            if await self._never_made(journey, room):
                await self._chat.unread(journey, event, None, NEVER_MADE)
                return Done(Reason.EXPIRED, Result.FAILED, bury=True)
            portals = await self._portals.in_room(room)  # it may be bound since
        if not portals:
            return await self._chat.hear(journey, event, portals, prefix)
        if still_sealed(event):  # no network is told that; with the old key it can be retried
            await self._chat.unread(journey, event, await self._speaker(portals))
            return Done(Reason.BROKEN_RECORD, Result.FAILED, OTHER_KEY, bury=True)
        if opened.sealed and self._chat.is_secret(event):  # it was said where only we read along
            return await self._chat.hear(journey, event, (), prefix)
        drafts = [
            draft_of(event, lane_to_network(portal.id), journey.job.received_at)
            for portal in portals
            if portal.flow is not Flow.TO_MATRIX
        ]
        await self._queue.put(Put(drafts, at=journey.now()))
        return Done(Reason.DONE)

    async def _never_made(self, journey: Journey, room: RoomID) -> bool:
        """Whether we made the room for a chat, and it waited too long for that to be finished.

        Raises `RetryLater` while it is being made: as long as a message may wait where that is
        sure, and some tries where it is only possible (delivery rule 2).
        """
        portal = await self._rooms.being_made_for(room)
        network = None if portal is None else self._networks.get(portal.key.network)
        if network is not None:
            journey.network = network.name
            waited = journey.now() - journey.job.received_at
            if waited > network.options.expire_to_network:
                return True
            raise RetryLater("Its room is being made", after=min(1.0 + waited / 10_000, LONGEST))
        may_be_ours = self._upgrades.busy or await self._rooms.busy()
        if may_be_ours and journey.failures < PATIENCE:
            journey.failures += 1
            raise RetryLater("Its room may be one that is being made", after=1.0)
        return False

    async def _speaker(self, portals: Sequence[Portal]) -> UserID | None:
        """Who answers in a room that a person made for a direct chat: the bot may not be in it."""
        for portal in portals:
            other = counterpart(portal)
            if other is not None:
                return (await self._ghosts.ensure(portal.key.network, other)).mxid
        return None


def _not_followed(why: str) -> Done:
    """The upgrade of a room that is not followed; the room itself was told."""
    return Done(Reason.REJECTED, Result.DROPPED, f"The upgrade is not followed: {why}.")
