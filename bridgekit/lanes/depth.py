"""How much waits in the lanes of this process, and since when the oldest of it has. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from bridgekit.lanes.lane import OpenLane
from bridgekit.lanes.waiting import Origin
from bridgekit.models import Direction, Job, Millis


@dataclass(frozen=True, slots=True)
class Depth:
    """`oldest`: when that one was received."""

    jobs: int
    oldest: Millis


def depths(lanes: Iterable[OpenLane]) -> dict[tuple[Direction, Origin], Depth]:
    """By direction, and by who brought it. Looks at the first of each lane, not at all."""
    found: dict[tuple[Direction, Origin], Depth] = {}
    for lane in lanes:
        first = _oldest(lane)
        if first is None:
            continue
        key = (lane.key.direction, lane.origin)
        known = found.get(key, Depth(0, first.received_at))
        waiting = lane.waiting + (lane.current is not None)
        found[key] = Depth(known.jobs + waiting, min(known.oldest, first.received_at))
    return found


def _oldest(lane: OpenLane) -> Job | None:
    """Jobs of a lane are in the order in which they came: the first of each row will do."""
    rows = chain((lane.jobs,), lane.aside.values())
    heads = [row[0] for row in rows if row]
    if lane.current is not None:
        heads.append(lane.current)
    return min(heads, key=lambda job: job.received_at, default=None)
