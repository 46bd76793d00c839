"""What waits behind a gap and turns out to be of the past: its job has another number then.

Slack, say, repeats what was not acknowledged some seconds after a start, when others have spoken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bridgekit.ids import JobID
from bridgekit.lanes.bodies import Bodies
from bridgekit.lanes.lane import OpenLane
from bridgekit.lanes.waiting import Waiting
from bridgekit.models import Job, Lane, lane_to_matrix
from bridgekit.store.intake import Put


class Behind:
    """Over all lanes of this process."""

    def __init__(self, lanes: Mapping[Lane, OpenLane], bodies: Bodies, waiting: Waiting) -> None:
        self._lanes, self._bodies, self._waiting = lanes, bodies, waiting

    def moved(self, batch: Put, numbers: Sequence[JobID | None]) -> Iterator[Job]:
        """Jobs that this batch has moved in the store, taken out of their lane, as they are now."""
        lane = None if batch.past_of is None else self._lanes.get(lane_to_matrix(batch.past_of))
        if lane is None:
            return
        stored = zip(batch.drafts, numbers, strict=True)
        places = {draft.key: number for draft, number in stored if number is not None}
        for job in lane.take_out(places):
            self._waiting.discard(job.id, lane.origin)
            self._bodies.forget(job)
            yield replace(job, id=places[job.key])
