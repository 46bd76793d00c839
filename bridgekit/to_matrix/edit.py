"""An edit on the network: each event of the message replaced, the surplus redacted, the rest sent.

Spec: client-server API, "Event replacements". Delivery rule 8. The network is the authority on who
may edit; on Matrix only a message's own author can, so they do, whoever did it there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bridgekit.events import Content, Edit
from bridgekit.facts import Profile
from bridgekit.ids import EventID, RemoteUserID, RoomID, UserID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.media_content import MESSAGE
from bridgekit.matrix.profile_content import profile_in
from bridgekit.models import Link, Result
from bridgekit.reasons import Reason
from bridgekit.relations import RelationKind
from bridgekit.store.portals import forget_parts
from bridgekit.store.sql import Rows
from bridgekit.to_matrix.authors import Authors
from bridgekit.to_matrix.changes import Changes
from bridgekit.to_matrix.layout import text_slots
from bridgekit.to_matrix.message import Composed, Messages
from bridgekit.to_matrix.post import Post, Posted, Sent, post_of
from bridgekit.to_matrix.posting import Posting
from bridgekit.to_matrix.relating import Place
from bridgekit.to_matrix.revision import Old, Revision, next_part, of_all, of_text
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.speakers import Speaker, Speakers
from bridgekit.to_matrix.targets import Targets
from bridgekit.to_matrix.unfinished import all_of
from bridgekit.to_matrix.wording import as_change


@dataclass(frozen=True, slots=True)
class _Changed:
    """An edit, the events that show its message, and the edits of it that we know of."""

    edit: Edit
    post: Post
    links: Sequence[Link]
    earlier: frozenset[EventID]

    @property
    def touched(self) -> Sequence[Link]:
        """The events that it can change."""
        return self.links if self.edit.replaces_media else text_slots(self.links)


class Edits:
    """Safe to repeat at every step."""

    def __init__(
        self,
        targets: Targets,
        changes: Changes,
        messages: Messages,
        posting: Posting,
        speakers: Speakers,
        authors: Authors,
        intents: Intents,
    ) -> None:
        self._targets, self._changes, self._messages = targets, changes, messages
        self._posting, self._speakers = posting, speakers
        self._authors, self._intents = authors, intents

    async def bridge(self, scene: Scene[Content], edit: Edit) -> Done:
        """Raises as `Targets.shown`, or `Refused`."""
        if scene.room is None:
            return dropped(Reason.NOT_LINKED)
        links = await self._targets.shown(scene, edit.target)
        earlier = await self._changes.about(scene, edit.target, RelationKind.EDIT)
        if self._changes.echoes(scene, earlier):
            return dropped(Reason.OWN_ECHO)
        if edit.stamp is not None and any(one.value >= edit.stamp for one in earlier):
            return dropped(Reason.NO_CHANGE)  # a later edit came before it
        named = f"{edit.target} {edit.stamp}" if edit.stamp is not None else ""
        post = post_of(scene, scene.room, "edit", named)
        changed = _Changed(edit, post, links, frozenset(one.event for one in earlier))
        person = self._authors.person(links[0].sender)
        if person is None or await self._authors.senders(scene, links[0].sender):
            return await self._revise(scene, changed)
        if self._authors.did(scene, person) and await self._says_so(scene, changed):
            return dropped(Reason.OWN_ECHO)
        return await self._as_line(scene, edit, post, links[0])

    async def _says_so(self, scene: Scene[Content], changed: _Changed) -> bool:
        """Whether a person's message reads so already: they changed it here, and this is told."""
        old = await self._old(scene, changed)
        composed = _as_shown(await self._composed(scene, changed.edit, changed.post), old)
        made = self._made(scene, changed, composed, old)(Speaker())
        return made.changes_nothing(changed.earlier)

    async def _as_line(self, scene: Scene[Content], edit: Edit, post: Post, link: Link) -> Done:
        """A person on Matrix wrote it, whose message nobody else can change: it is said anew."""
        attachments = edit.message.attachments if edit.replaces_media else ()
        message = replace(
            edit.message,
            text=as_change(edit.message),
            attachments=attachments,
            quote=None,
            forwarded_from=None,
        )
        composed = replace(await self._composed(scene, edit, post), message=message)
        answer = replace(composed, place=Place(reply=link.event))
        speaker = await self._speakers.of(scene.portal, scene.network, scene.event.sender)
        name = scene.network.name
        posted = await self._posting.post(
            post, speaker, lambda speaker: self._messages.drafts(name, answer, speaker)
        )
        done = Done(
            Reason.DELIVERED,
            detail=posted.detail,
            targets=posted.events,
            also=[self._remembered(scene, edit, posted.events)],
        )
        return all_of(done, posted.failed)

    async def _revise(self, scene: Scene[Content], changed: _Changed) -> Done:
        edit, post, links = changed.edit, changed.post, changed.links
        old = await self._old(scene, changed)
        composed = _as_shown(await self._composed(scene, edit, post), old)
        speaker = await self._as_before(scene, links[0], old)
        bot, made = self._intents.bot, self._made(scene, changed, composed, old)
        if made(speaker).changes_nothing(changed.earlier):
            return dropped(Reason.NO_CHANGE)  # a preview or a counter changed, say
        posted = await self._posting.post(
            post, speaker, lambda speaker: made(speaker).sent_by(speaker.mxid or bot)
        )
        revision = made(posted.speaker)
        if posted.failed is not None:  # of the rest, what is there is all that shows it
            left = [link for link in revision.surplus if link.part in posted.sent]
            revision = replace(revision, surplus=left)
        refused = await self._without(scene, post, revision.surplus)
        return all_of(self._done(scene, edit, posted, revision, refused), posted.failed)

    async def _old(self, scene: Scene[Content], changed: _Changed) -> list[Old]:
        """The events that it changes, as they are on Matrix; raises `Moot` if they are gone."""
        old = [one for link in changed.touched if (one := await self._now(scene, changed, link))]
        if changed.touched and not old:
            raise Moot(Reason.TARGET_GONE)  # somebody on Matrix took it back
        return old

    def _made(
        self, scene: Scene[Content], changed: _Changed, composed: Composed, old: Sequence[Old]
    ) -> Callable[[Speaker], Revision]:
        """What it comes to if it is said by whom."""
        name = scene.network.name

        def made(speaker: Speaker) -> Revision:
            if changed.edit.replaces_media:
                return of_all(old, self._messages.drafts(name, composed, speaker))
            texts = self._messages.revised(name, composed, speaker)
            return of_text(old, texts, next_part(changed.touched))

        return made

    def _done(
        self,
        scene: Scene[Content],
        edit: Edit,
        posted: Posted,
        made: Revision,
        refused: Refused | None,
    ) -> Done:
        portal, sent = scene.portal_id, posted.sent
        new = [part for part in sent if part not in made.replaced]
        shown = [sent[part] for part in made.replaced if part in sent]
        author = scene.event.sender or ""
        gone = [link for link in made.surplus if link.part not in sent]
        return Done(
            Reason.DELIVERED if refused is None else Reason.NO_POWER,
            Result.DELIVERED if refused is None else Result.FAILED,
            detail=posted.detail if refused is None else str(refused),
            targets=posted.events,
            links=[Link(portal, edit.target, part, sent[part], author) for part in new],
            also=[self._remembered(scene, edit, shown), forget_parts(gone)],
        )

    def _remembered(self, scene: Scene[Content], edit: Edit, events: Sequence[EventID]) -> Rows:
        stamp, kind = edit.stamp or "", RelationKind.EDIT
        return self._changes.remembered(scene, kind, edit.target, events, stamp)

    async def _composed(self, scene: Scene[Content], edit: Edit, post: Post) -> Composed:
        """What an edit says has no place of its own: that is the message's."""
        attachments = edit.message.attachments if edit.replaces_media else ()
        message = replace(edit.message, attachments=attachments, reply_to=None, thread=None)
        return await self._messages.composed(scene, message, post.source)

    async def _now(self, scene: Scene[Content], changed: _Changed, link: Link) -> Old | None:
        """An event as it is on Matrix; None if it was taken back there."""
        ghost = self._authors.ghost(scene.network.name, link.sender) or self._intents.bot
        event = await self._event(changed.post.room, link.event)
        if event is None and (former := scene.portal.former) is not None:
            event = await self._anew(changed) or await self._event(former, link.event)
        if event is None:
            return Old(link, ghost, MESSAGE, {})
        if not event.get("content"):
            return None
        link = replace(link, event=EventID(event["event_id"]))
        latest = event.get("unsigned", {}).get("m.relations", {}).get("m.replace", {})
        content = latest.get("content", {}).get("m.new_content") or event["content"]
        return Old(link, UserID(event["sender"]), event["type"], content, latest.get("event_id"))

    async def _anew(self, changed: _Changed) -> dict[str, Any] | None:
        """Where what was said in a room before this one was said anew, as it was changed since."""
        if len(changed.touched) > 1:
            return None  # which of them it stands for is not known
        for edit in changed.earlier:
            event = await self._event(changed.post.room, edit)
            if event is not None and "m.relates_to" not in event.get("content", {}):
                return event
        return None

    async def _event(self, room: RoomID, event: EventID) -> dict[str, Any] | None:
        with suppress(Refused):
            return await self._intents.event(room, event)
        return None

    async def _as_before(self, scene: Scene[Content], link: Link, old: Sequence[Old]) -> Speaker:
        """Whoever sent it: its author, their ghost, or the bot for them."""
        author = RemoteUserID(link.sender) if link.sender else None
        if self._authors.person(link.sender) is not None:
            author = scene.event.sender  # who wrote it here, and changes it there
        sender = old[0].sender if old else None
        if sender is not None and self._authors.is_ours(sender):
            speaker = await self._speakers.ghost(scene.portal, scene.network, author)
            return speaker.by_bot() if sender == self._intents.bot else speaker
        return await self._speakers.of(scene.portal, scene.network, author)

    async def _without(
        self, scene: Scene[Content], post: Post, surplus: Sequence[Link]
    ) -> Refused | None:
        """Take back what is left over; why that may not be."""
        senders = [await self._authors.senders(scene, link.sender) for link in surplus]
        gone = [Sent(link.event, who) for link, who in zip(surplus, senders, strict=True)]
        try:
            await self._posting.redact(post, gone)
        except Refused as refused:
            return refused
        return None


def _as_shown(composed: Composed, old: Sequence[Old]) -> Composed:
    """An edit that names no profile leaves the one that the message is shown under."""
    shown = profile_in(old[0].content) if old else None
    if shown is None or composed.message.profile is not None:
        return composed
    name, picture = shown
    message = replace(composed.message, profile=Profile(name))
    return replace(composed, message=message, picture=picture)
