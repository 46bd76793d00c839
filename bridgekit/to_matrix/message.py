"""A message of the network becomes one event, or several where it is larger than an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridgekit.errors import RetryLater, Scope
from bridgekit.events import Content, Message, RemoteEvent
from bridgekit.facts import ChatInfo
from bridgekit.ids import EventID, LoginID, RoomID, UserID
from bridgekit.journey import Done, Journey, dropped
from bridgekit.matrix.api import AnswerLost, Refused
from bridgekit.matrix.content import contents, marked
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.late_answers import LateAnswers
from bridgekit.members import Members
from bridgekit.models import Direction, Link, Millis, Portal, PortalState, Step
from bridgekit.networks import Network
from bridgekit.owners import Owners
from bridgekit.portals import Portals
from bridgekit.reasons import Reason
from bridgekit.richtext import Mention
from bridgekit.rooms import Rooms
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.to_matrix.lookup import looked_up
from bridgekit.to_matrix.speakers import Speaker, Speakers


@dataclass(frozen=True, slots=True)
class Sending:
    """What is the same in every repetition of one message's sends."""

    journey: Journey
    portal: Portal
    room: RoomID
    source: str
    at: Millis


class Messages:
    """Sends to Matrix; safe to repeat at every step."""

    def __init__(
        self,
        intents: Intents,
        late_answers: LateAnswers,
        signer: Signer,
        portals: Portals,
        rooms: Rooms,
        speakers: Speakers,
        members: Members,
        owners: Owners,
        status: Status,
    ) -> None:
        self._intents, self._late_answers, self._signer = intents, late_answers, signer
        self._portals, self._rooms, self._members = portals, rooms, members
        self._speakers, self._owners, self._status = speakers, owners, status

    async def bridge(
        self,
        journey: Journey,
        portal: Portal,
        network: Network,
        event: RemoteEvent[Content],
        message: Message,
    ) -> Done:
        """Send `message`, which is what `event` says, to the portal's room."""
        bound = await self._with_room(journey, portal, network)
        if bound is None or bound.room is None:
            return dropped(Reason.NOT_LINKED)
        at = int(event.at.timestamp() * 1000) if event.at else journey.job.received_at
        sending = Sending(journey, bound, bound.room, _source(journey, event), at)
        speaker = await self._speakers.of(bound, network, event.sender)
        sent, speaker = await self._send_all(sending, network, speaker, message)
        if speaker.name is not None:
            self._status.count(network.name, Direction.TO_MATRIX, Reason.HOMESERVER_REFUSED)
        return Done(
            Reason.DELIVERED,
            detail="" if speaker.name is None else "Delivered by the bot, in the sender's name.",
            targets=tuple(sent),
            links=[
                Link(bound.id, event.id, number, event_id, event.sender or "")
                for number, event_id in enumerate(sent)
                if event.id is not None
            ],
        )

    async def _send_all(
        self, sending: Sending, network: Network, speaker: Speaker, message: Message
    ) -> tuple[list[EventID], Speaker]:
        """The events that the message became, and who sent them in the end."""
        sent: list[EventID] = []
        parts = self._parts(network, speaker, message)
        while len(sent) < len(parts):
            try:
                sent.append(await self._send(sending, speaker, parts[len(sent)], len(sent)))
                sending.journey.note(Step.SENT)
            except Refused as refused:
                speaker = await self._speakers.instead(sending.portal, network, speaker, refused)
                parts = self._parts(network, speaker, message)
            except RetryLater as error:
                # The next try looks first (delivery rule 14), also for what was sent already.
                lost = isinstance(error, AnswerLost)
                sending.journey.doubtful = sending.journey.doubtful or lost or bool(sent)
                if lost:
                    self._late_answers.lost(sending.room, _who(speaker))
                raise
        return sent, speaker

    def _parts(
        self, network: Network, speaker: Speaker, message: Message
    ) -> Sequence[dict[str, Any]]:
        return contents(message, lambda mention: self._meant(network, mention), speaker.name)

    async def _send(
        self, sending: Sending, speaker: Speaker, content: dict[str, Any], part: int
    ) -> EventID:
        portal, room, source, at = sending.portal.id, sending.room, sending.source, sending.at
        marker = self._signer.marker(portal, room, source, part, at)
        if sending.journey.doubtful:
            found = await self._late_answers.find(room, marker, _who(speaker))
            if found is not None:
                return found
        txn = self._signer.txn(portal, source, "message", part)
        whole = marked(content, marker)
        event = await self._intents.send(speaker.mxid, room, "m.room.message", whole, txn, at)
        self._late_answers.came_back(whole, event)
        return event

    async def _with_room(self, journey: Journey, portal: Portal, network: Network) -> Portal | None:
        """The portal with the room that a first message wants; None where nobody would be in it."""
        if portal.state is PortalState.BOUND:
            return portal
        if self._portals.promised(portal.id):
            raise RetryLater("Its room is not linked yet", scope=Scope.NETWORK)
        receiver = portal.key.receiver
        people = await self._audience(receiver)
        if receiver is not None and not people:
            return None
        client = network.logins.client()
        if client is None:
            raise RetryLater(f"{network.name} is not connected", after=5.0)
        info = await looked_up(journey.clock, "chat", client.chat_info(portal.key.chat))
        bound = await self._rooms.ensure(portal, info or ChatInfo(), people)
        self._members.wake(bound.id)
        return bound

    async def _audience(self, receiver: LoginID | None) -> list[UserID]:
        owner = None if receiver is None else await self._owners.owner(receiver)
        return [] if owner is None else [owner]

    def _meant(self, network: Network, mention: Mention) -> UserID | None:
        if mention.mxid is not None:
            return mention.mxid
        if mention.user is None:
            return None
        return self._owners.mxid(network.name, mention.user)


def _source(journey: Journey, event: RemoteEvent[Content]) -> str:
    """What the event is known by: its ID, else its place in a job, whose key nothing else has."""
    if event.id is not None:
        return f"id {event.id}"
    return f"job {journey.job.key} {event.key or ''}"


def _who(speaker: Speaker) -> UserID | None:
    """Whose events to look among: the ghost may have sent it before the bot had to."""
    return None if speaker.ghost is None else speaker.ghost.mxid
