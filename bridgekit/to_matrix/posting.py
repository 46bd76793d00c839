"""Events to Matrix, sent once whatever crashes: with our marker, and looked for where in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from bridgekit.epoch import Epoch
from bridgekit.errors import RetryLater
from bridgekit.ids import EventID, PortalID, RoomID, TransactionID
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.accounts import Account
from bridgekit.matrix.api import AnswerLost, Refused
from bridgekit.matrix.content import marked
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.late_answers import LateAnswers
from bridgekit.matrix.relation_content import said_anew
from bridgekit.models import Direction, Step
from bridgekit.puppets.marks import Mark, signed
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.room.succession import replaced_at, room_before, rooms_back
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.store.relations import save_tombstones
from bridgekit.store.writer import Writer
from bridgekit.to_matrix.post import Draft, Drafts, Post, Posted, Sent
from bridgekit.to_matrix.speakers import FORBIDDEN, Speaker, Speakers
from bridgekit.to_matrix.unfinished import Expired, expired

NOT_FOUND = 404
UNRELATED = "M_UNKNOWN"  # what Synapse says of a relation to an event of another room


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
        refused: Callable[[PortalID], None],
        stays: Callable[[RoomID], bool],
    ) -> None:
        """`refused` is told of a portal in whose room not even the bot may speak, or which was
        replaced: to look into it. `stays` says of a replaced room whether its chat stays there.
        """
        self._intents, self._portals = intents, portals
        self._late_answers, self._signer = late_answers, signer
        self._speakers, self._status = speakers, status
        self._writer, self._epoch = writer, epoch
        self._refused, self._stays = refused, stays

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
        """Send what only whoever did it can do, so never the bot for them.

        Raises `Refused`, or `Moot` where it is about what was said in a room before this one.
        """
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
        forbidden = refused.status == FORBIDDEN
        moves = forbidden and not self._stays(post.room)
        if moves and await replaced_at(self._intents, post.room) is not None:
            self._refused(post.portal.id)  # hardly anybody may speak there until it has moved
            raise RetryLater("Its room was replaced, and its chat has not moved yet")
        try:
            return await self._speakers.instead(post.portal, post.network, speaker, refused)
        except Refused:
            if forbidden:
                self._refused(post.portal.id)
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
        """In the room that the chat has, else in one that it had before."""
        txn = self._signer.txn(post.portal.id, f"{post.source} {sent.event}", post.kind)
        stays: Refused | None = None
        async with aclosing(rooms_back(self._intents, post.room, post.portal.former)) as rooms:
            async for room in rooms:
                try:
                    await self._redact_in(room, sent, txn)
                except Refused as refused:
                    said = refused.status != NOT_FOUND and stays is None
                    if said or refused.status == FORBIDDEN:
                        stays = refused
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
        user, send = speaker.mxid, self._intents.send
        try:
            event = await send(user, room, draft.type, whole, txn, post.at)
        except Refused as refused:
            whole = await self._alone(post, whole, refused)
            event = await send(user, room, draft.type, whole, txn, post.at)
        self._late_answers.answered(room, speaker.senders, whole, event)
        return event

    async def _alone(
        self, post: Post, content: Mapping[str, Any], refused: Refused
    ) -> Mapping[str, Any]:
        """An edit of what was said in a room that this one replaces, as a message.

        Raises `refused` if that is not why, and `Moot` for what is nothing without its target.
        """
        kind = content.get("m.relates_to", {}).get("rel_type")
        about = kind in ("m.replace", "m.annotation", "m.reference")
        if not about or refused.code != UNRELATED or post.portal.former is None:
            raise refused
        if await room_before(self._intents, post.room) is None:
            raise refused
        if kind != "m.replace":
            raise Moot(Reason.TARGET_UNKNOWN) from refused
        return said_anew(content)

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
