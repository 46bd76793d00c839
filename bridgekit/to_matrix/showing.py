"""Events that one message of the network is, and that a later state of it replaces.

Places that move and polls come again under the same ID, each time with a later stamp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bridgekit.events import Content, Location, Poll
from bridgekit.ids import EventID, RoomID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.matrix.api import Refused
from bridgekit.matrix.media_content import MESSAGE
from bridgekit.matrix.relation_content import related
from bridgekit.models import Link
from bridgekit.reasons import Reason
from bridgekit.relations import RelationKind
from bridgekit.to_matrix.changes import Changes
from bridgekit.to_matrix.post import Draft, Posted, post_of
from bridgekit.to_matrix.posting import Posting
from bridgekit.to_matrix.relating import UNRELATED, Place, Relating
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.speakers import Speaker, Speakers
from bridgekit.to_matrix.targets import Targets
from bridgekit.to_matrix.venue import Venue

Show = Callable[[Speaker], Mapping[str, Any]]
"""The content; what it says may depend on whether the bot has to say it."""


class Showing:
    """Safe to repeat at every step."""

    def __init__(
        self,
        venue: Venue,
        targets: Targets,
        changes: Changes,
        posting: Posting,
        speakers: Speakers,
        relating: Relating,
    ) -> None:
        self._venue, self._targets, self._changes = venue, targets, changes
        self._posting, self._speakers, self._relating = posting, speakers, relating

    async def show(
        self, scene: Scene[Content], said: Location | Poll, kind: str, content: Show
    ) -> Done:
        """The first state is an event of type `kind`, each later one replaces it."""
        portal = await self._venue.of(scene)
        if portal is None or portal.room is None:
            return dropped(Reason.NOT_LINKED)
        bound = replace(scene, portal=portal)
        links = () if scene.event.id is None else await self._targets.tied(bound, scene.event.id)
        if links:
            return await self._again(bound, portal.room, said.stamp, (links[0], kind), content)
        place = await self._relating.place(bound, said)
        try:
            posted = await self._first(bound, portal.room, kind, content, place)
        except Refused as refused:
            if refused.status != UNRELATED or not place.related:
                raise
            posted = await self._first(bound, portal.room, kind, content, Place())
        self._relating.said(bound, place, posted.events[-1])
        return self._done(bound, said.stamp, posted, first=True)

    async def _first(
        self, scene: Scene[Content], room: RoomID, kind: str, content: Show, place: Place
    ) -> Posted:
        speaker = await self._speakers.of(scene.portal, scene.network, scene.event.sender)
        return await self._posting.post(
            post_of(scene, room),
            speaker,
            lambda speaker: [Draft(kind, place.placed(content(speaker)))],
        )

    async def _again(
        self,
        scene: Scene[Content],
        room: RoomID,
        stamp: str | None,
        shown: tuple[Link, str],
        content: Show,
    ) -> Done:
        link, kind = shown
        message = link.message
        earlier = await self._changes.about(scene, message, RelationKind.EDIT)
        if stamp is None or any(one.value >= stamp for one in earlier):
            return dropped(Reason.NO_CHANGE)
        speaker = await self._speakers.of(scene.portal, scene.network, scene.event.sender)
        posted = await self._posting.post(
            post_of(scene, room, "edit", f"{message} {stamp}"),
            speaker,
            lambda speaker: [Draft(kind, _replacing(kind, link.event, content(speaker)))],
        )
        return self._done(scene, stamp, posted, first=False)

    def _done(
        self, scene: Scene[Content], stamp: str | None, posted: Posted, *, first: bool
    ) -> Done:
        message, sender = scene.event.id, scene.event.sender
        also = []
        if message is not None and stamp is not None:
            # The first state has a stamp too: what is older than it must not replace it.
            about = (RelationKind.EDIT, message, posted.events, stamp)
            also.append(self._changes.remembered(scene, *about))
        return Done(
            Reason.DELIVERED,
            detail=posted.detail,
            targets=posted.events,
            links=posted.links(scene.portal_id, message, sender) if first else (),
            also=also,
        )


def _replacing(kind: str, target: EventID, new: Mapping[str, Any]) -> dict[str, Any]:
    """Spec, "Event replacements". A place that moves is no correction: no mark before its text."""
    shown = {"m.new_content": dict(new), **related("m.replace", target)}
    return {**new, **shown} if kind == MESSAGE else {**shown, **new}
