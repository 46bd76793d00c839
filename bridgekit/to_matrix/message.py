"""A message of the network becomes events: its text, in pieces where it is long, and its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridgekit.events import Content, Message
from bridgekit.ids import NetworkName, PortalID, RemoteUserID, UserID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.matrix.api import Refused
from bridgekit.matrix.content import contents
from bridgekit.matrix.profile_content import under_profile
from bridgekit.models import Portal
from bridgekit.person.naming import clean_name
from bridgekit.reasons import Reason
from bridgekit.richtext import Mention
from bridgekit.to_matrix.authors import Authors
from bridgekit.to_matrix.files import File, Files
from bridgekit.to_matrix.layout import laid_out
from bridgekit.to_matrix.post import Draft, Post, Posted, post_of
from bridgekit.to_matrix.posting import Posting
from bridgekit.to_matrix.relating import UNRELATED, Place, Relating
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.speakers import Speaker, Speakers
from bridgekit.to_matrix.unfinished import all_of
from bridgekit.to_matrix.venue import Venue
from bridgekit.to_matrix.wording import whole


@dataclass(frozen=True, slots=True)
class Composed:
    """A message with all that had to be looked up or uploaded for it."""

    message: Message
    files: Sequence[File]
    place: Place
    picture: str | None = None


class Messages:
    """Sends to Matrix; safe to repeat at every step."""

    def __init__(
        self,
        posting: Posting,
        venue: Venue,
        speakers: Speakers,
        authors: Authors,
        files: Files,
        relating: Relating,
        spoke: Callable[[Portal, RemoteUserID], None],
        linked: Callable[[PortalID], None],
    ) -> None:
        """`spoke` is told who has said something, `linked` whose messages are known now."""
        self._posting, self._venue, self._speakers = posting, venue, speakers
        self._authors, self._files, self._relating = authors, files, relating
        self._spoke, self._linked = spoke, linked

    async def bridge(self, scene: Scene[Content], message: Message) -> Done:
        """Send `message`, which is what the event says, to the portal's room."""
        portal = await self._venue.of(scene)
        if portal is None or portal.room is None:
            return dropped(Reason.NOT_LINKED)
        bound = scene if portal is scene.portal else replace(scene, portal=portal)
        composed = await self.composed(bound, message, scene.source)
        speaker = await self._speakers.of(portal, scene.network, scene.event.sender)
        posted = await self._post(post_of(bound, portal.room), speaker, composed)
        self._relating.said(bound, composed.place, posted.events[-1])
        if scene.event.sender is not None:
            self._spoke(portal, scene.event.sender)
        done = Done(
            Reason.DELIVERED,
            detail=posted.detail,
            targets=posted.events,
            links=posted.links(portal.id, scene.event.id, scene.event.sender),
            then=lambda: self._linked(portal.id),
        )
        return all_of(done, posted.failed)

    async def composed(self, scene: Scene[Content], message: Message, key: str) -> Composed:
        """`key` is what its files belong to. Raises `RetryLater`."""
        place = await self._relating.place(scene, message)
        files = await self._files.bring(scene, message.attachments, key)
        profile = message.profile
        if profile is None or profile.avatar is None:
            return Composed(message, files, place)
        return Composed(
            message, files, place, await self._files.picture(scene, profile.avatar, key)
        )

    def texts(
        self, network: NetworkName, message: Message, speaker: Speaker
    ) -> Sequence[dict[str, Any]]:
        """The contents that the text of `message` becomes; none where it has only files."""
        said = whole(message)
        by_name = None if _profile_name(message) else speaker.name
        if not said.text and message.attachments and by_name is None:
            return ()

        def meant(mention: Mention) -> UserID | None:
            return self._meant(network, mention)

        in_person = speaker.mxid is not None
        return contents(said, meant, by_name, in_person=in_person)

    def revised(
        self, network: NetworkName, composed: Composed, speaker: Speaker
    ) -> list[dict[str, Any]]:
        """As `texts`, for an edit that leaves the files: under the profile, in no place anew."""
        texts = self.texts(network, composed.message, speaker)
        return [_placed(text, composed, first=False) for text in texts]

    async def _post(self, post: Post, speaker: Speaker, composed: Composed) -> Posted:
        name, rest = post.network.name, post
        try:
            posted = await self._posting.post(
                post, speaker, lambda speaker: self.drafts(name, composed, speaker)
            )
        except Refused as refused:
            if not _unrelated(composed, refused):
                raise
        else:
            if not _unrelated(composed, posted.failed):
                return posted
            rest = replace(post, there=posted.sent)
        plain = replace(composed, place=Place())
        return await self._posting.post(
            rest, speaker, lambda speaker: self.drafts(name, plain, speaker)
        )

    def drafts(self, network: NetworkName, composed: Composed, speaker: Speaker) -> list[Draft]:
        """The events of a message as `speaker` sends them."""
        texts = self.texts(network, composed.message, speaker)
        drafts = laid_out(texts, composed.files)
        return [
            Draft(draft.type, _placed(draft.content, composed, first=not place), draft.part)
            for place, draft in enumerate(drafts)
        ]

    def _meant(self, network: NetworkName, mention: Mention) -> UserID | None:
        if mention.mxid is not None:
            return mention.mxid
        return None if mention.user is None else self._authors.mxid(network, mention.user)


def _placed(content: Any, composed: Composed, *, first: bool) -> dict[str, Any]:
    """With its relation, its mention of whom it answers, and its profile."""
    said, name = composed.place.placed(content, first=first), _profile_name(composed.message)
    return under_profile(said, name, composed.picture) if name else said


def _unrelated(composed: Composed, error: Exception | None) -> bool:
    """Whether it may be its relation that the homeserver does not take."""
    refused = isinstance(error, Refused) and error.status == UNRELATED
    return refused and composed.place.related


def _profile_name(message: Message) -> str:
    """The name for this message only; "" if there is none."""
    return "" if message.profile is None else clean_name(message.profile.name)
