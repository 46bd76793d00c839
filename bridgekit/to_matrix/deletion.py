"""A deletion on the network: every event that shows the message, and each edit of it, is redacted.

The tombstone is stored before anything is redacted, so that our own redaction is known when it
comes back, and a message that arrives after its deletion is never shown (delivery rule 20).
"""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.events import Content, Deletion
from bridgekit.flights import Flights
from bridgekit.ids import MessageID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.matrix.api import Refused
from bridgekit.models import Link, Result
from bridgekit.reasons import Reason
from bridgekit.relations import RelationKind
from bridgekit.store.media import revoke_links
from bridgekit.store.relations import save_tombstones
from bridgekit.store.writer import Writer
from bridgekit.to_matrix.authors import Authors
from bridgekit.to_matrix.changes import Changes
from bridgekit.to_matrix.post import Sent, post_of
from bridgekit.to_matrix.posting import Posting
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.targets import Targets


class Deletions:
    """Safe to repeat at every step."""

    def __init__(
        self,
        targets: Targets,
        changes: Changes,
        posting: Posting,
        authors: Authors,
        flights: Flights,
        writer: Writer,
    ) -> None:
        self._targets, self._changes, self._posting = targets, changes, posting
        self._authors, self._flights, self._writer = authors, flights, writer

    async def bridge(self, scene: Scene[Content], deletion: Deletion) -> Done:
        """Whatever is known of the message goes; the rest never comes."""
        message = deletion.target
        links = await self._targets.tied(scene, message)
        if not links:
            await self._landed(scene)  # it may be what we are sending there just now
            links = await self._targets.tied(scene, message)
        if scene.untried and await self._targets.relations.gone(scene.portal_id, message):
            return dropped(Reason.TARGET_GONE)
        gone = save_tombstones(scene.portal_id, [message], scene.journey.now())
        await self._writer.write(gone, then=lambda _: self._targets.decided(scene, message))
        if not links or scene.room is None:
            return Done(Reason.TARGET_UNKNOWN, Result.DROPPED, decides=(message,))
        post = post_of(scene, scene.room, "deletion", f"id {message}")
        events = await self._events(scene, message, links)
        try:
            await self._posting.redact(post, events)
        except Refused as refused:
            return Done(Reason.NO_POWER, Result.FAILED, str(refused), decides=(message,))
        return Done(
            Reason.DELIVERED,
            targets=tuple(sent.event for sent in events),
            also=[revoke_links(sent.event) for sent in events],
            decides=(message,),
        )

    async def _events(
        self, scene: Scene[Content], message: MessageID, links: Sequence[Link]
    ) -> list[Sent]:
        edits = await self._changes.about(scene, message, RelationKind.EDIT)
        shown = [(link.event, link.sender) for link in links]
        shown += [(edit.event, edit.sender) for edit in edits]
        senders = {event: await self._authors.senders(scene, sender) for event, sender in shown}
        return [Sent(event, who) for event, who in senders.items()]

    async def _landed(self, scene: Scene[Content]) -> None:
        for login in scene.network.logins.all():
            await self._flights.landed(scene.portal_id, login.id)
