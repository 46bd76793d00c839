"""Which events show a message that the network refers to: known, on its way, or surely not there.

Delivery rule 20: what may still come is waited for aside, for a bounded time.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.events import Content
from bridgekit.ids import MessageID
from bridgekit.lanes.journey import Journey
from bridgekit.lanes.moot import Moot
from bridgekit.lanes.parking import PATIENCE, Park
from bridgekit.lanes.queue import Queue
from bridgekit.models import Link, Outcome, Portal, Result
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.store.jobs import Jobs
from bridgekit.store.relations import Relations
from bridgekit.to_matrix.echo import MESSAGES
from bridgekit.to_matrix.scene import Scene

# Jobs about a message bear its ID too: only these kinds are the message itself.
_MAKE_MESSAGES = frozenset({*(kind.__name__ for kind in MESSAGES), "Raw"})
# What ends so has its events in the room, or on the way there, without its own doing.
_THERE_ANYWAY = (Reason.OWN_ECHO, Reason.DUPLICATE)


class Targets:
    """Looked up by message, in one portal."""

    def __init__(self, portals: Portals, relations: Relations, jobs: Jobs, queue: Queue) -> None:
        self._portals, self._jobs, self._queue = portals, jobs, queue
        self.relations = relations

    async def of(self, journey: Journey, portal: Portal, message: MessageID) -> Sequence[Link]:
        """The events that show `message`, in the order of its parts; never none.

        Raises `Park` while it may still come, `Moot` if it is gone or never will.
        """
        lane, decisions = journey.job.lane, self._queue.aside.decisions
        try:
            return await self._look(journey, portal, message)
        except Park:
            # Its link may have been committed between two of the looks: nothing would wake us.
            if not self._queue.aside.decided_since(decisions, lane, message):
                raise
        return await self.of(journey, portal, message)

    async def shown(self, scene: Scene[Content], message: MessageID) -> Sequence[Link]:
        """As `of`, for the event at hand; what the jobs before it did is known."""
        if message == scene.event.id:
            raise Moot(Reason.TARGET_UNKNOWN)  # it is about itself
        await self._queue.stored(scene.lane)
        return await self.of(scene.journey, scene.portal, message)

    async def known(self, scene: Scene[Content], message: MessageID) -> Sequence[Link]:
        """The events that show `message` as far as is known now; it is not waited for."""
        await self._queue.stored(scene.lane)
        links, gone = await self._portals.rows.known(scene.portal_id, message)
        return () if gone else links

    async def tied(self, scene: Scene[Content], message: MessageID) -> Sequence[Link]:
        """The events that show `message`, or did until it was deleted."""
        await self._queue.stored(scene.lane)
        return await self._portals.rows.links(scene.portal_id, message)

    def decided(self, scene: Scene[Content], message: MessageID) -> None:
        """Its tombstone is stored: what waits for it goes on, and what comes of it is no news."""
        self._queue.aside.decided(scene.lane, (message,))

    async def portal(self, scene: Scene[Content]) -> Portal:
        """The portal as it is now: its room may have been made for this event."""
        return await self._portals.get(scene.portal_id)

    async def _look(self, journey: Journey, portal: Portal, message: MessageID) -> Sequence[Link]:
        lane = journey.job.lane
        links, gone = await self._portals.rows.known(portal.id, message)
        if gone:
            raise Moot(Reason.TARGET_GONE)
        if links:
            if self._queue.aside.parked(lane, message):
                raise Park(message)  # behind what is about to be woken
            return links
        if any(_never(end) for end in await self._jobs.ended(lane, message)):
            raise Moot(Reason.TARGET_NOT_BRIDGED)
        if self._queue.aside.crowded(lane) or await self._in_vain(journey, message):
            raise Moot(Reason.TARGET_UNKNOWN)
        raise Park(message)

    async def _in_vain(self, journey: Journey, message: MessageID) -> bool:
        """Whether it was waited for long enough; what is in the lane comes, however late."""
        age = (journey.now() - journey.job.received_at) / 1000
        if age <= PATIENCE:
            return False
        return _MAKE_MESSAGES.isdisjoint(await self._jobs.coming(journey.job.lane, message))


def _never(end: Outcome) -> bool:
    """Whether the message ended without an event, and will not have one."""
    if end.kind not in _MAKE_MESSAGES or end.result is Result.DELIVERED:
        return False
    return end.reason not in _THERE_ANYWAY
