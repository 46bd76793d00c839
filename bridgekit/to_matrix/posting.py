"""Events to Matrix, sent once whatever crashes: with our marker, and looked for where in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridgekit.epoch import Epoch
from bridgekit.errors import RetryLater
from bridgekit.events import Content
from bridgekit.ids import EventID, MessageID, PortalID, RoomID, TransactionID, UserID
from bridgekit.lanes.journey import Journey
from bridgekit.matrix.accounts import Account
from bridgekit.matrix.api import AnswerLost, Refused
from bridgekit.matrix.content import marked
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.late_answers import LateAnswers
from bridgekit.models import Direction, Link, Millis, Portal, Step
from bridgekit.networks import Network
from bridgekit.puppets.marks import Mark, signed
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.store.relations import save_tombstones
from bridgekit.store.writer import Writer
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.speakers import FORBIDDEN, Speaker, Speakers
from bridgekit.to_matrix.unfinished import Expired, expired

NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Post:
    """What is the same in every repetition of one job's sends.

    `source` is what the network's event is known by, `kind` what is done with it: together they
    make the transaction ID. `there`: by their parts, the events that are known to be sent.
    """

    journey: Journey
    portal: Portal
    network: Network
    room: RoomID
    source: str
    at: Millis
    kind: str = "message"
    there: Mapping[int, EventID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is not sent yet. `part` is its place among those of one message."""

    type: str
    content: Mapping[str, Any]
    part: int = 0


Drafts = Callable[[Speaker], Sequence[Draft]]
"""The events to send; what they say may depend on whether the bot has to say it."""


@dataclass(slots=True)
class Posted:
    """What became of a post so far: its events by their parts, in order, and who sent the last.

    `failed`: why the others are not sent and never will be.
    """

    sent: dict[int, EventID]
    speaker: Speaker
    failed: Exception | None = None

    @property
    def events(self) -> tuple[EventID, ...]:
        return tuple(self.sent.values())

    @property
    def detail(self) -> str:
        """What the outcome says of it."""
        by_bot = self.speaker.name is not None
        return "Delivered by the bot, in the sender's name." if by_bot else ""

    def links(self, portal: PortalID, message: MessageID | None, sender: str | None) -> list[Link]:
        """What ties the message to its events; nothing where it has no ID."""
        if message is None:
            return []
        sent = self.sent.items()
        return [Link(portal, message, part, event, sender or "") for part, event in sent]


@dataclass(frozen=True, slots=True)
class Sent:
    """An event that is to be taken back, and who may have sent it."""

    event: EventID
    senders: tuple[UserID, ...]


class Posting:
    """Safe to repeat at every step."""

    def __init__(
        self,
        intents: Intents,
        portals: Portals,
        late_answers: LateAnswers,
        signer: Signer,
        speakers: Speakers,
        status: Status,
        writer: Writer,
        epoch: Epoch,
        nobody_may: Callable[[PortalID], None],
    ) -> None:
        """`nobody_may` is told of a portal in whose room not even the bot may speak."""
        self._intents, self._portals = intents, portals
        self._late_answers, self._signer = late_answers, signer
        self._speakers, self._status = speakers, status
        self._writer, self._epoch, self._nobody_may = writer, epoch, nobody_may

    async def post(self, post: Post, speaker: Speaker, drafts: Drafts) -> Posted:
        """Send all that `drafts` says, in order, as `speaker` or whoever may instead.

        What fails for good is raised as long as nothing is sent; then it is `Posted.failed`.
        """
        posted = Posted(dict(post.there), speaker)
        try:
            await self._send_all(post, posted, drafts)
        except RetryLater as error:
            self._in_doubt(post, posted.speaker, error, begun=bool(posted.sent))
            raise
        except Exception as error:
            if not posted.sent:
                raise
            posted.failed = error
        if posted.speaker.name is not None:
            reason = Reason.HOMESERVER_REFUSED
            self._status.count(post.network.name, Direction.TO_MATRIX, reason)
        return posted

    async def _send_all(self, post: Post, posted: Posted, drafts: Drafts) -> None:
        """By their parts: whoever speaks instead may have one more to say, before the others."""
        parts = drafts(posted.speaker)
        while draft := next((one for one in parts if one.part not in posted.sent), None):
            if not posted.sent:
                await self._still_there(post)
            try:
                posted.sent[draft.part] = await self._send(post, posted.speaker, draft)
                post.journey.note(Step.SENT)
            except Refused as refused:
                posted.speaker = await self._instead(post, posted.speaker, refused)
                parts = drafts(posted.speaker)

    async def personally(self, post: Post, speaker: Speaker, draft: Draft) -> EventID:
        """Send what only whoever did it can do, so never the bot for them; raises `Refused`."""
        refusal = Refused("The person's ghost may not be in the room", "M_FORBIDDEN", FORBIDDEN)
        while speaker.name is None:
            try:
                event = await self._send(post, speaker, draft)
            except Refused as refused:
                refusal = refused
                speaker = await self._instead(post, speaker, refused)
            except RetryLater as error:
                self._in_doubt(post, speaker, error, begun=False)
                raise
            else:
                post.journey.note(Step.SENT)
                return event
        raise refusal

    async def _still_there(self, post: Post) -> None:
        """Raises `RetryLater` if the chat went on to another room meanwhile: to say it there."""
        now = await self._portals.get(post.portal.id)
        if post.room == post.portal.room != now.room:
            raise RetryLater("Its chat has another room now")

    async def _instead(self, post: Post, speaker: Speaker, refused: Refused) -> Speaker:
        try:
            return await self._speakers.instead(post.portal, post.network, speaker, refused)
        except Refused:
            if refused.status == FORBIDDEN:
                self._nobody_may(post.portal.id)
            raise

    async def redact(self, post: Post, events: Iterable[Sent]) -> None:
        """Take events back, as whoever sent them or as the bot; gone already: nothing happens.

        Their tombstones are stored first: by them the redactions, which bear no marker, are known
        as our own when they come back. Raises `Refused` once all were tried, if one has to stay.
        """
        gone = list(events)
        stays: Refused | None = None
        targets = [sent.event for sent in gone]
        await self._writer.write(save_tombstones(post.portal.id, targets, post.journey.now()))
        for sent in gone:
            try:
                await self._redact(post, sent)
            except Refused as refused:
                stays = refused
        if stays is not None:
            raise stays

    async def _redact(self, post: Post, sent: Sent) -> None:
        """In the room that the chat has, else in the one that it had before."""
        txn = self._signer.txn(post.portal.id, f"{post.source} {sent.event}", post.kind)
        stays: Refused | None = None
        for room in filter(None, dict.fromkeys((post.room, post.portal.former))):
            try:
                await self._redact_in(room, sent, txn)
            except Refused as refused:
                stays = stays or (None if refused.status == NOT_FOUND else refused)
            else:
                return
        if stays is not None:
            raise stays

    async def _redact_in(self, room: RoomID, sent: Sent, txn: TransactionID) -> None:
        for user in (*sent.senders, None):
            try:
                await self._intents.redact(user, room, sent.event, txn)
            except Refused:
                if user is None:
                    raise
            else:
                return

    async def _send(self, post: Post, speaker: Speaker, draft: Draft) -> EventID:
        portal, room, source = post.portal.id, post.room, post.source
        name = source if post.kind == "message" else f"{post.kind} {source}"
        marker = self._signer.marker(portal, room, name, draft.part, post.at)
        if post.journey.doubtful or self._epoch.forgot(post.at):
            found = await self._found(post, speaker, name, draft.part)
            if found is not None:
                return found
            if expired(post.journey, post.network):
                raise Expired
        txn = self._signer.txn(portal, source, post.kind, draft.part)
        whole: Mapping[str, Any] = marked(draft.content, marker)
        if speaker.puppet is not None and speaker.name is None:
            whole = self._as_puppet(post, speaker.puppet, whole, marker)
        event = await self._intents.send(speaker.mxid, room, draft.type, whole, txn, post.at)
        self._late_answers.answered(room, speaker.senders, whole, event)
        return event

    async def _found(self, post: Post, speaker: Speaker, name: str, part: int) -> EventID | None:
        """It, if an earlier try sent it: perhaps into the room that the chat had until then."""
        for room in filter(None, dict.fromkeys((post.room, post.portal.former))):
            marker = self._signer.marker(post.portal.id, room, name, part, post.at)
            found = await self._late_answers.find(room, marker, speaker.senders)
            if found is not None:
                return found
        return None

    def _as_puppet(
        self, post: Post, puppet: Account, content: Mapping[str, Any], marker: str
    ) -> Mapping[str, Any]:
        """With the mark by which we tell it from what the person types themselves."""
        dated = puppet.masquerades
        mark = Mark(marker, post.at if dated else post.journey.now(), dated)
        return signed(self._signer, content, post.room, puppet.user, mark)

    def _in_doubt(self, post: Post, speaker: Speaker, error: RetryLater, *, begun: bool) -> None:
        """The next try looks first (delivery rule 14), also for what was sent already."""
        lost = isinstance(error, AnswerLost)
        post.journey.doubtful = post.journey.doubtful or lost or begun
        if lost:
            self._late_answers.lost(post.room, speaker.senders)


def post_of(scene: Scene[Content], room: RoomID, kind: str = "message", source: str = "") -> Post:
    """The sends of one event; `source`: where it is known by more than its place in a job."""
    named, there = source or (scene.source if kind == "message" else scene.act), scene.there
    return Post(scene.journey, scene.portal, scene.network, room, named, scene.at, kind, there)
