"""What people changed of a message while it waited: it is sent so, or not at all.

Delivery rule 9: redacting an event whose job was not sent cancels the job; an edit replaces its
content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridgekit.codec import load_event
from bridgekit.ids import EventID
from bridgekit.journey import Journey
from bridgekit.matrix.referring import edited_event
from bridgekit.models import PartState
from bridgekit.moot import Moot
from bridgekit.queue import Queue
from bridgekit.reasons import Reason
from bridgekit.store.jobs import Jobs
from bridgekit.to_network.message import new_event


@dataclass(frozen=True, slots=True)
class Amended:
    """The event as its sender wants it now, and the edits that it holds."""

    event: Mapping[str, Any]
    edits: tuple[EventID, ...] = ()


class Amending:
    """Looks behind a job in its lane."""

    def __init__(self, queue: Queue, jobs: Jobs) -> None:
        self._queue, self._jobs = queue, jobs

    async def latest(
        self, journey: Journey, event: Mapping[str, Any], *, idempotent: bool
    ) -> Amended:
        """Raises `Moot` if it was redacted, and surely nothing of it was sent yet."""
        behind = await self._queue.amendments(journey.job)
        if not behind or await self._begun(journey, idempotent=idempotent):
            return Amended(event)
        later = [load_event(job.body or "") for job in behind]
        if any(one["type"] == "m.room.redaction" for one in later):
            raise Moot(Reason.CANCELLED)
        edits = [
            one
            for one in later
            if one["sender"] == event["sender"] and edited_event(one["content"]) is not None
        ]
        if not edits:
            return Amended(event)
        # Relations are the first event's: an edit cannot change them (spec: event replacements).
        relation = event["content"].get("m.relates_to")
        new = new_event(edits[-1])["content"]
        content = {**new, "m.relates_to": relation} if relation else new
        return Amended(
            {**event, "content": content}, tuple(EventID(one["event_id"]) for one in edits)
        )

    async def _begun(self, journey: Journey, *, idempotent: bool) -> bool:
        """Whether anything of it may be sent already, or is planned."""
        if idempotent:
            return journey.doubtful or journey.planned  # such a network needs no marks
        if not (journey.doubtful or journey.job.attempts or journey.planned):
            return False
        parts = await self._jobs.parts(journey.job.id)
        return len(parts) > 1 or any(part.state is not PartState.PLANNED for part in parts)
