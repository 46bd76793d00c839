"""The jobs that stepped aside in their lanes, and what brings them back (see `parking.py`)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping

from bridgekit.ids import EventID, LoginID, NetworkName, PortalID
from bridgekit.lanes.journey import Ended
from bridgekit.lanes.lane import OpenLane
from bridgekit.lanes.parking import (
    CROWD,
    Hold,
    Park,
    StepAside,
    for_login,
    for_one_alone,
    for_target,
)
from bridgekit.lru import LRU
from bridgekit.models import Direction, Job, Lane, Millis, lane_to_matrix, lane_to_network

REMEMBERED = 4_000  # decisions: more than are taken while a job waits its turn, in most lanes


class Aside:
    """Over all lanes of this process. `resume` sets a lane to work."""

    def __init__(self, lanes: Mapping[Lane, OpenLane], resume: Callable[[OpenLane], None]) -> None:
        self._lanes, self._resume = lanes, resume
        self._shut: Container[PortalID] = ()
        self.decisions = 0
        self._lately: LRU[tuple[Lane, str], int] = LRU(REMEMBERED)

    def shut(self, portals: Container[PortalID]) -> None:
        """The lanes to Matrix of these stand still, but for the jobs that are under way."""
        self._shut = portals

    def reopened(self, portal: PortalID) -> None:
        found = self._lanes.get(lane_to_matrix(portal))
        if found is not None and found.timer is None:
            self._resume(found)

    def is_shut(self, lane: Lane) -> bool:
        return lane.direction is Direction.TO_MATRIX and lane.portal in self._shut

    def behind_gaps(self, network: NetworkName) -> int:
        """How many jobs of what a network brought stand still so."""
        lanes = [lane for lane in self._lanes.values() if lane.origin == network]
        return sum(lane.waiting for lane in lanes if self.is_shut(lane.key))

    def release(self, login: LoginID) -> None:
        """The login can send now, or never will: its jobs take their places again."""
        for lane in list(self._lanes.values()):
            for key in (for_login(login), for_one_alone(login)):
                self._take_back(lane, key)

    def holds(self, lane: Lane, login: LoginID) -> bool:
        """Whether jobs of this login stepped aside in this lane, so that more queue behind."""
        return self._waits(lane, for_login(login))

    def followed(self, lane: Lane) -> bool:
        """Whether something waits in this lane behind the job that is under way."""
        found = self._lanes.get(lane)
        return found is not None and bool(found.jobs)

    def last_early(self, lane: Lane) -> str | None:
        """The last that waits for its turn here of what was said before the bot was in."""
        found = self._lanes.get(lane)
        return found.early[max(found.early)] if found is not None and found.early else None

    def parked(self, lane: Lane, target: str) -> bool:
        """Whether jobs about this target stepped aside in this lane, so that more queue behind."""
        return self._waits(lane, for_target(target))

    def in_a_circle(self, lane: Lane, source: str, target: str) -> bool:
        """Whether `target` stepped aside for `source`, itself or by others that wait."""
        if not self.parked(lane, source):
            return False  # as almost always, and what waits may be much
        behind = {job.source: key for key, jobs in self._parked(lane) for job in jobs}
        for _ in behind:
            if target not in behind:
                return False
            target = behind[target].removeprefix(Park.prefix)
            if target == source:
                return True
        return False

    def crowded(self, lane: Lane) -> bool:
        """Whether so much waits for its target in this lane that it is enough."""
        return sum(len(jobs) for _, jobs in self._parked(lane)) >= CROWD

    def ended(self, ended: Ended) -> None:
        """Whatever waits for what this job was, or made, goes on (delivery rule 20)."""
        done, lane = ended.done, ended.outcome.lane
        self.decided(lane, (ended.outcome.source, *done.decides))
        portal = lane.portal if done.links or done.targets else None
        if portal is not None:
            self.decided(lane_to_matrix(portal), [link.message for link in done.links])
            events = [link.event for link in done.links]
            if lane.direction is Direction.TO_MATRIX:
                events += [EventID(event) for event in done.targets]  # also where it has no ID
            self.decided(lane_to_network(portal), events)

    def unsettled(self, lane: Lane) -> bool:
        """Whether something may be done in this lane that is not known to be."""
        found = self._lanes.get(lane)
        return found is not None and found.unsettled

    def decided(self, lane: Lane, targets: Iterable[str]) -> None:
        """What is to become of these is sure now: the jobs about them take their places again."""
        found = self._lanes.get(lane)
        for target in targets:
            self.decisions += 1
            self._lately.put((lane, target), self.decisions)
            if found is not None and found.aside:
                self._take_back(found, for_target(target))

    def decided_since(self, decisions: int, lane: Lane, target: str) -> bool:
        """Whether that came to pass while somebody who began at `decisions` still looked."""
        # Looking is no use of it: what is forgotten first is what was decided first.
        return (self._lately.peek((lane, target)) or 0) > decisions

    def undecided_since(self, decisions: int, lane: Lane, target: str) -> bool:
        """Whether it surely did not: False also where it may be forgotten."""
        lately = self.decisions - decisions < REMEMBERED
        return lately and not self.decided_since(decisions, lane, target)

    def reconsider(self, kind: type[StepAside], before: Millis) -> None:
        """What stepped aside so, and came in before then, takes its place again: for its end.

        Not what is about a job that waits for its login: that one's end brings it back, and it
        may be much.
        """
        for lane in list(self._lanes.values()):
            old = [key for key, jobs in lane.stepped_aside(kind) if jobs[0].received_at < before]
            rows = lane.stepped_aside(Hold) if old else ()
            held = {for_target(job.source) for _, jobs in rows for job in jobs}
            for key in old:
                if key not in held:
                    self._take_back(lane, key)

    def _waits(self, lane: Lane, key: str) -> bool:
        found = self._lanes.get(lane)
        return found is not None and key in found.aside

    def _parked(self, lane: Lane) -> list[tuple[str, deque[Job]]]:
        found = self._lanes.get(lane)
        return [] if found is None else found.stepped_aside(Park)

    def _take_back(self, lane: OpenLane, key: str) -> None:
        if lane.release(key) and lane.timer is None:
            self._resume(lane)
