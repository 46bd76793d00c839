"""What people changed of a message while it waited: it is sent so, or not at all.

Delivery rule 9: redacting an event whose job was not sent cancels the job; an edit replaces its
content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridgekit.codec import load_event
from bridgekit.ids import EventID
from bridgekit.lanes.journey import Journey
from bridgekit.lanes.moot import Moot
from bridgekit.lanes.queue import Queue
from bridgekit.matrix.referring import edited_event
from bridgekit.models import Job, Part, PartState
from bridgekit.reasons import Reason
from bridgekit.store.jobs import Jobs, unplan
from bridgekit.store.writer import Writer
from bridgekit.to_network.marks import Marks
from bridgekit.to_network.message import new_event
from bridgekit.to_network.underway import Underway

_MESSAGES = frozenset(
    {"m.room.message", "m.sticker", "m.poll.start", "org.matrix.msc3381.poll.start"}
)


@dataclass(frozen=True, slots=True)
class Amended:
    """The event as its sender wants it now, and the edits that it holds."""

    event: Mapping[str, Any]
    edits: tuple[EventID, ...] = ()


class Amending:
    """Looks behind a job in its lane."""

    def __init__(self, queue: Queue, jobs: Jobs, writer: Writer, marks: Marks) -> None:
        self._queue, self._jobs, self._writer, self._marks = queue, jobs, writer, marks

    async def latest(
        self, journey: Journey, event: Mapping[str, Any], underway: Underway | None
    ) -> Amended:
        """Raises `Moot` if it was redacted, and surely nothing of it was sent yet."""
        behind = await self._queue.amendments(journey.job)
        if not behind:
            return Amended(event)
        stored = await self._jobs.parts(journey.job.id) if _tried(journey) else []
        marked = _makes_message(event) and await self._marks.are_complete(journey.network)
        if _begun(journey, stored, underway, marked=marked):
            return Amended(event)
        if any(_is_redaction(job) for job in behind):
            raise Moot(Reason.CANCELLED)
        edits = [job for job in behind if _is_edit(load_event(job.body or ""), event["sender"])]
        if edits and stored:  # planned with what it said before, or with an edit that is gone
            await self._writer.write(unplan(journey.job.id))
        left = [load_event(job.body or "") for job in edits if not await self._redacted(job)]
        return _edited(event, left) if left else Amended(event)

    async def _redacted(self, edit: Job) -> bool:
        """Whether its own redaction waits behind it."""
        return any(_is_redaction(job) for job in await self._queue.amendments(edit))


def _tried(journey: Journey) -> bool:
    """Whether a plan of it may be stored."""
    job = journey.job
    return bool(journey.doubtful or job.attempts or job.deaths or journey.planned)


def _begun(
    journey: Journey, stored: Sequence[Part], underway: Underway | None, *, marked: bool
) -> bool:
    """Whether anything of it may be sent already; what is `marked` as it is sent shows that."""
    if underway is not None and (underway.sent or underway.doubt is not None):
        return True
    if journey.doubtful and not marked:
        return True
    return any(part.state is not PartState.PLANNED for part in stored)


def _makes_message(event: Mapping[str, Any]) -> bool:
    """Else it sets a state: that is repeated after a crash, and bears no mark."""
    return event["type"] in _MESSAGES and edited_event(event["content"]) is None


def _is_redaction(job: Job) -> bool:
    return bool(load_event(job.body or "")["type"] == "m.room.redaction")


def _is_edit(event: Mapping[str, Any], sender: str) -> bool:
    return event["sender"] == sender and edited_event(event["content"]) is not None


def _edited(event: Mapping[str, Any], edits: Sequence[Mapping[str, Any]]) -> Amended:
    """The event with what the last of its edits says."""
    # Relations are the first event's: an edit cannot change them (spec: event replacements).
    relation = event["content"].get("m.relates_to")
    new = new_event(edits[-1])["content"]
    content = {**new, "m.relates_to": relation} if relation else new
    ids = tuple(EventID(one["event_id"]) for one in edits)
    return Amended({**event, "content": content}, ids)
