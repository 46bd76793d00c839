"""A message of the network becomes one event, or several where it is larger than an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import Content, Message, RemoteEvent
from bridgekit.ghosts import Ghosts
from bridgekit.ids import EventID, LoginID, RemoteUserID, RoomID, UserID
from bridgekit.journey import Done, Journey, dropped
from bridgekit.matrix.api import Refused
from bridgekit.matrix.content import contents, marked
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.late_answers import LateAnswers
from bridgekit.members import Members
from bridgekit.models import Ghost, Link, Millis, Portal, PortalState
from bridgekit.networks import Network
from bridgekit.owners import Owners
from bridgekit.portals import Portals
from bridgekit.reasons import Reason
from bridgekit.richtext import Mention
from bridgekit.rooms import Rooms
from bridgekit.signing import Signer


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who sends the event; `name` is set where that is the bot, on somebody's behalf."""

    mxid: UserID | None
    name: str | None = None


class Messages:
    """Sends to Matrix; safe to repeat at every step."""

    def __init__(
        self,
        intents: Intents,
        late_answers: LateAnswers,
        signer: Signer,
        portals: Portals,
        rooms: Rooms,
        ghosts: Ghosts,
        members: Members,
        owners: Owners,
    ) -> None:
        self._intents, self._late_answers, self._signer = intents, late_answers, signer
        self._portals, self._rooms = portals, rooms
        self._ghosts, self._members, self._owners = ghosts, members, owners

    async def bridge(
        self,
        journey: Journey,
        portal: Portal,
        network: Network,
        event: RemoteEvent[Content],
        message: Message,
    ) -> Done:
        """Send `message`, which is what `event` says, to the portal's room."""
        if portal.state is not PortalState.BOUND:
            made = await self._make_room(portal, network)
            if made is None:
                return dropped(Reason.NOT_LINKED)
            portal = made
        speaker = await self._speaker(portal, network, event)
        at = int(event.at.timestamp() * 1000) if event.at else journey.job.received_at
        source = event.id or event.key or journey.job.key
        sent: list[EventID] = []
        parts = contents(message, lambda mention: self._meant(network, mention), speaker.name)
        for number, content in enumerate(parts):
            sent.append(await self._send(journey, portal, speaker, content, source, number, at))
        sender = str(event.sender or "")
        return Done(
            Reason.DELIVERED,
            targets=tuple(sent),
            links=[
                Link(portal.id, event.id, number, event_id, sender)
                for number, event_id in enumerate(sent)
                if event.id is not None
            ],
        )

    async def _send(
        self,
        journey: Journey,
        portal: Portal,
        speaker: Speaker,
        content: dict[str, Any],
        source: str,
        part: int,
        at: Millis,
    ) -> EventID:
        room = RoomID(portal.room or "")
        marker = self._signer.marker(portal.id, room, source, part, at)
        if journey.doubtful:
            found = await self._late_answers.find(room, marker, speaker.mxid)
            if found is not None:
                return found
        txn = self._signer.txn(portal.id, source, "message", part)
        return await self._intents.send(
            speaker.mxid, room, "m.room.message", marked(content, marker), txn, at
        )

    async def _make_room(self, portal: Portal, network: Network) -> Portal | None:
        """The room that a first message wants; None where nobody would be in it."""
        receiver = portal.key.receiver
        people = await self._audience(receiver)
        if receiver is not None and not people:
            return None
        client = network.logins.client()
        if client is None:
            raise RetryLater(f"{network.name} is not connected", after=5.0)
        info = await client.chat_info(portal.key.chat)
        return await self._rooms.ensure(portal, info, people)

    async def _audience(self, receiver: LoginID | None) -> list[UserID]:
        owner = None if receiver is None else await self._owners.owner(receiver)
        return [] if owner is None else [owner]

    async def _speaker(
        self, portal: Portal, network: Network, event: RemoteEvent[Content]
    ) -> Speaker:
        if event.sender is None:
            return Speaker(None)
        ghost = await self.named(network, await self._ghosts.ensure(network.name, event.sender))
        try:
            await self._members.ensure_joined(portal, ghost)
        except Refused:
            # Refused or banned: the bot posts it under the name (delivery rule 16).
            return Speaker(None, ghost.name or event.sender)
        return Speaker(ghost.mxid)

    async def named(self, network: Network, ghost: Ghost) -> Ghost:
        """The ghost under the name that the network tells; asked for only if it has none."""
        name = network.host.name_of(ghost.user)
        if name is None and ghost.name is None:
            name = await _ask_name(network, ghost.user)
        return await self._ghosts.rename(ghost, name)

    def _meant(self, network: Network, mention: Mention) -> UserID | None:
        if mention.mxid is not None:
            return mention.mxid
        if mention.user is None:
            return None
        return self._owners.mxid(network.name, mention.user)


async def _ask_name(network: Network, user: RemoteUserID) -> str | None:
    client = network.logins.client()
    if client is None:
        return None
    try:
        return (await client.user_info(user)).name or user
    except (Rejected, RetryLater):
        return None
