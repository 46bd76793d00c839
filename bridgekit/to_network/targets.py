"""Which messages of the network a Matrix event refers to: known, on their way, or surely not there.

Delivery rule 20: what is on its way is waited for aside; everything else is decided at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridgekit.errors import RetryLater
from bridgekit.ids import EventID, MessageID, UserID
from bridgekit.lanes.moot import Moot
from bridgekit.lanes.parking import PATIENCE, Park
from bridgekit.lanes.queue import Queue
from bridgekit.matrix.referring import reply_target, thread_target
from bridgekit.models import Link, Outcome, Result, lane_to_matrix
from bridgekit.originals import Originals
from bridgekit.reasons import Reason
from bridgekit.relations import Relation
from bridgekit.room.portals import Portals
from bridgekit.store.jobs import Jobs
from bridgekit.store.relations import Relations
from bridgekit.store.unread_events import UnreadEvents
from bridgekit.to_network.act import Scene
from bridgekit.to_network.failure import Failed

ANSWERS, SOON = 10, 0.2  # how often a reply waits for what it answers, for how many seconds


def another(scene: Scene, relation: Relation) -> UserID | None:
    """Who did what is taken back, if that was not its sender: the room lets a moderator do so."""
    return None if relation.sender == scene.sender else UserID(relation.sender)


class Targets:
    """Looked up by event, in one portal."""

    def __init__(
        self,
        portals: Portals,
        relations: Relations,
        jobs: Jobs,
        queue: Queue,
        originals: Originals,
        unread: UnreadEvents,
    ) -> None:
        self._portals, self._jobs, self._queue = portals, jobs, queue
        self._originals, self._unread = originals, unread
        self.relations = relations

    async def of(self, scene: Scene, target: EventID) -> Sequence[Link]:
        """What `target` became; nothing where it was delivered and the network names no messages.

        Raises `Park` while that may still come, `Moot` if it is gone, `Failed` if it never was.
        """
        if target == scene.id:
            raise Failed(Reason.TARGET_UNKNOWN, "It refers to itself.")
        lane, decisions = scene.journey.job.lane, self._queue.aside.decisions
        try:
            return await self._look(scene, target)
        except (Park, Failed):
            # Its link may have been committed between two of the looks: they tell of two times, and
            # nothing would wake us.
            if not self._queue.aside.decided_since(decisions, lane, target):
                raise
        return await self.of(scene, target)

    async def _look(self, scene: Scene, target: EventID) -> Sequence[Link]:
        if await self._relations_gone(scene, target):
            raise Moot(Reason.TARGET_GONE)
        links = await self._portals.rows.of_event(scene.portal.id, target)
        if links:
            if self._queue.aside.parked(scene.journey.job.lane, target):
                raise Park(target)  # behind what is about to be woken
            return links
        await self._wait(scene, target)
        end = await self.end(scene, target)
        if end is None:
            return await self._brought(scene, target)
        if end.reason == Reason.CANCELLED:
            raise Moot(Reason.TARGET_GONE)
        if end.result is not Result.DELIVERED:
            raise Failed(Reason.TARGET_NOT_BRIDGED)
        # Its ID may have come after the first look: what waits for one is gone with that commit.
        return await self._portals.rows.of_event(scene.portal.id, target)

    async def _brought(self, scene: Scene, target: EventID) -> Sequence[Link]:
        """What this portal itself brought to Matrix: its link may be on its way to the store.

        Nothing where the network gives its messages no IDs.
        """
        writer = await self._originals.sender(scene.room, target, scene.reader)
        if writer is None or not scene.ours(writer) or scene.remote(writer) is None:
            raise Failed(Reason.TARGET_UNKNOWN)
        lane = lane_to_matrix(scene.portal.id)
        busy = self._queue.busy(lane)
        await self._queue.stored(lane)
        links = await self._portals.rows.of_event(scene.portal.id, target)
        if busy and not links:
            raise Park(target)  # it may be the job that is under way there
        return links

    async def known(self, scene: Scene, target: EventID) -> Sequence[Link]:
        """What `target` became as far as is known now; it is not waited for."""
        if target == scene.id or await self._relations_gone(scene, target):
            return ()
        return await self._portals.rows.of_event(scene.portal.id, target)

    async def message(self, scene: Scene, target: EventID) -> MessageID | None:
        """The first message that `target` became, as `known`."""
        links = await self.known(scene, target)
        return links[0].message if links else None

    async def answered(self, scene: Scene, target: EventID) -> MessageID | None:
        """As `message`, for what answers `target`, which may be the last that we brought.

        Whoever is quick answers it before we know that it is there, after a crash anybody is:
        raises `RetryLater`. Not aside, as what is said keeps its place, and not for long, as it can
        be said without.
        """
        lane, limits = lane_to_matrix(scene.portal.id), scene.network.adapter.manifest.limits
        unsettled = self._queue.aside.unsettled(lane)
        await self._queue.stored(lane)
        found = await self.message(scene, target)
        tries, answers = scene.journey.job.attempts, limits.replies or limits.threads
        if found is None and answers and unsettled and tries < ANSWERS:
            raise RetryLater("What it answers may be on its way", after=SOON)
        return found

    async def place(self, scene: Scene) -> tuple[MessageID | None, MessageID | None]:
        """What the event answers, and what its thread hangs on, as `answered`."""
        replied, hung_on = reply_target(scene.content), thread_target(scene.content)
        return (
            None if replied is None else await self.answered(scene, replied),
            None if hung_on is None else await self.answered(scene, hung_on),
        )

    async def stands(
        self, scene: Scene, content: Mapping[str, Any]
    ) -> tuple[MessageID | None, MessageID | None]:
        """As `place`, of something that was sent before, as `known`."""
        replied, hung_on = reply_target(content), thread_target(content)
        return (
            None if replied is None else await self.message(scene, replied),
            None if hung_on is None else await self.message(scene, hung_on),
        )

    async def links_of(self, scene: Scene, message: MessageID) -> tuple[Link, ...]:
        """All messages that the event of this one became."""
        links = await self._portals.rows.links(scene.portal.id, message) if message else ()
        if not links:
            return ()
        return tuple(await self._portals.rows.of_event(scene.portal.id, links[0].event))

    async def end(self, scene: Scene, target: EventID) -> Outcome | None:
        """How `target` ended in this lane."""
        ends = await self._jobs.ended(scene.journey.job.lane, target)
        return ends[-1] if ends else None

    async def _relations_gone(self, scene: Scene, target: EventID) -> bool:
        return await self.relations.gone(scene.portal.id, target)

    async def _wait(self, scene: Scene, target: EventID) -> None:
        """Step aside while `target` is on its way, and behind what waits for it already."""
        job, redacts = scene.journey.job, scene.event["type"] == "m.room.redaction"
        aside = self._queue.aside
        # In this order: what waits for its key goes from there into its lane, behind what is about
        # it. A redaction does not wait for that: what it is about shall not be sent.
        unread = not redacts and await self._unread.waits(target)
        jobs = await self._jobs.in_lane(job.lane, target)
        coming = any(not dead and (other < job.id or not redacts) for other, dead in jobs.items())
        if coming and aside.in_a_circle(job.lane, scene.id, target):
            return
        waited = scene.journey.now() - job.received_at
        if not coming and not (
            waited < PATIENCE * 1000
            and (unread or await self._portals.rows.awaited(scene.portal.id, target))
        ):
            return
        # What changes what was said is never too much: without it the old words would be sent.
        if job.target is None and aside.crowded(job.lane):
            raise Failed(Reason.TARGET_UNKNOWN, "Too much waits for messages before it.")
        raise Park(target)
