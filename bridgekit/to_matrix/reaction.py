"""A reaction on the network, and its removal: each person's own, shown by their ghost.

Spec: client-server API, "Event annotations and reactions". The bot reacts for nobody: its reaction
would be one for all whom it stood for.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.emoji import LONGEST, fully_qualified, shortcode
from bridgekit.events import Content, Reaction
from bridgekit.ids import RoomID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.matrix.api import Refused
from bridgekit.matrix.relation_content import annotating
from bridgekit.models import Link
from bridgekit.reasons import Reason
from bridgekit.relations import Relation, RelationKind
from bridgekit.richtext.canonical import one_line
from bridgekit.store.relations import forget_relations
from bridgekit.supports import SupportsEmoji
from bridgekit.to_matrix.authors import Authors
from bridgekit.to_matrix.changes import Changes, own_login
from bridgekit.to_matrix.files import Files
from bridgekit.to_matrix.lookup import looked_up
from bridgekit.to_matrix.post import Draft, Sent, post_of
from bridgekit.to_matrix.posting import Posting
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.speakers import Speakers
from bridgekit.to_matrix.targets import Targets

THERE_ALREADY = "M_DUPLICATE_ANNOTATION"
SHORTCODE = "com.beeper.reaction.shortcode"  # the name of a custom emoji; shown by some clients


class Reactions:
    """Safe to repeat at every step."""

    def __init__(
        self,
        targets: Targets,
        changes: Changes,
        posting: Posting,
        speakers: Speakers,
        authors: Authors,
        files: Files,
    ) -> None:
        self._targets, self._changes, self._posting = targets, changes, posting
        self._speakers, self._authors, self._files = speakers, authors, files

    async def bridge(self, scene: Scene[Content], reaction: Reaction) -> Done:
        """Raises as `Targets.shown`, or `Refused`."""
        emoji = fully_qualified(one_line(reaction.emoji).strip())[:LONGEST]
        if not emoji:
            return dropped(Reason.EMPTY)
        if scene.room is None:
            return dropped(Reason.NOT_LINKED)
        links = await self._targets.shown(scene, reaction.target)
        mine = await self._theirs(scene, reaction, emoji)
        if reaction.removed:
            return await self._remove(scene, scene.room, mine)
        if mine:
            own = any(one.login is not None for one in mine)
            return dropped(Reason.OWN_ECHO if own else Reason.DUPLICATE)
        return await self._add(scene, scene.room, reaction, emoji, links[0])

    async def _theirs(
        self, scene: Scene[Content], reaction: Reaction, emoji: str
    ) -> list[Relation]:
        """What this person has put there already, from the network or through the bridge."""
        login, sender = own_login(scene), scene.event.sender or ""
        found = await self._changes.about(scene, reaction.target, RelationKind.REACTION)
        return [
            one
            for one in found
            if fully_qualified(one.value) == emoji
            and (one.sender == sender if one.login is None else one.login == login)
        ]

    async def _add(
        self, scene: Scene[Content], room: RoomID, reaction: Reaction, emoji: str, link: Link
    ) -> Done:
        content = annotating(link.event, emoji)
        name = shortcode(emoji)
        if name is not None:
            picture = await self._picture(scene, name)
            content = {**annotating(link.event, picture or emoji), SHORTCODE: emoji}
        speaker = await self._speakers.of(scene.portal, scene.network, scene.event.sender)
        post = post_of(scene, room, "reaction")
        try:
            event = await self._posting.personally(post, speaker, Draft("m.reaction", content))
        except Refused as refused:
            if refused.code == THERE_ALREADY:
                return dropped(Reason.DUPLICATE)
            raise
        about = (RelationKind.REACTION, reaction.target, [event], emoji)
        also = [self._changes.remembered(scene, *about)]
        return Done(Reason.DELIVERED, targets=(event,), also=also)

    async def _remove(self, scene: Scene[Content], room: RoomID, mine: Sequence[Relation]) -> Done:
        events = [one.event for one in mine]
        if not events:
            return dropped(Reason.NO_CHANGE)
        gone = [Sent(one.event, await self._authors.senders(scene, one.sender)) for one in mine]
        await self._posting.redact(post_of(scene, room, "unreaction"), gone)
        also = [forget_relations(scene.portal_id, events)]
        return Done(Reason.DELIVERED, targets=tuple(events), also=also)

    async def _picture(self, scene: Scene[Content], name: str) -> str | None:
        """The mxc of a custom emoji, if the network shows it."""
        client: object = scene.network.logins.client_for(scene.portal.key)
        if not isinstance(client, SupportsEmoji):
            return None
        file = await looked_up(scene.journey.clock, "emoji", client.emoji(name))
        return None if file is None else await self._files.picture(scene, file, f"emoji {name}")
