"""A send that nobody knew the outcome of, and that the network shows after all.

Delivery rule 6: its sender was told that it may not have been sent. Now they are told that it was,
and what is kept for a retry goes, lest a person sends it a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridgekit.ids import JobID
from bridgekit.lanes.journey import Journey
from bridgekit.models import Link, Part, PartState, Portal, lane_to_network
from bridgekit.status import Status
from bridgekit.store.jobs import Jobs, drop
from bridgekit.store.progress import NotePart
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

OVER = "It was sent after all."


class Doubts:
    """Ends them. Safe to repeat."""

    def __init__(self, jobs: Jobs, status: Status, writer: Writer) -> None:
        self._jobs, self._status, self._writer = jobs, status, writer

    async def over(
        self, journey: Journey, portal: Portal, txn: str, links: Sequence[Link]
    ) -> Sequence[Rows]:
        """What is to be stored with the links of a send that has shown; nothing if none doubted it.

        May raise `RetryLater` while its sender cannot be told.
        """
        link = links[0]
        dead = await self._jobs.in_lane(lane_to_network(portal.id), link.event)
        found = [job for job, is_dead in dead.items() if is_dead]
        if not found or portal.room is None:
            return ()
        message = {"room_id": portal.room, "event_id": link.event, "sender": link.sender}
        await self._status.tell_note(journey, message, OVER)
        return [rows for job in found for rows in await self._settled(job, txn, link)]

    async def _settled(self, job: JobID, txn: str, link: Link) -> Sequence[Rows]:
        """The job goes, unless there are parts that are still to be sent."""
        parts = await self._jobs.parts(job)
        if all(part.txn == txn or part.state is PartState.SENT for part in parts):
            return (drop(job),)
        for part in parts:
            if part.txn == txn:
                await self._note(job, replace(part, state=PartState.SENT, ids=(link.message,)))
        return ()

    async def _note(self, job: JobID, part: Part) -> None:
        await self._writer.write(NotePart(job, part))
