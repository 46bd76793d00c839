"""Ranks that people on Matrix have changed and the network does not have yet: what it tells is old.

Otherwise a list of members, read on a connect, would undo in the room what is about to be done.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.codec import load_event
from bridgekit.ids import PortalID, UserID
from bridgekit.lanes.queue import Queue
from bridgekit.membership.power_levels import KIND
from bridgekit.membership.ranks import EVERYBODY, Standing, Whose, may_speak_change, ranked
from bridgekit.models import lane_to_network
from bridgekit.room.portals import Portals
from bridgekit.said import before

_EVERYBODY = UserID("")


class Underway:
    """For all rooms."""

    def __init__(self, queue: Queue, portals: Portals, whose: Whose) -> None:
        self._queue, self._portals, self._whose = queue, portals, whose

    async def left(self, portal: PortalID, told: Sequence[Standing]) -> list[Standing]:
        """What of it is still news."""
        changed = await self._changed(portal) if told else set()
        if not changed:
            return list(told)
        network = (await self._portals.get(portal)).key.network
        left = []
        for one in told:
            everybody = one.user == EVERYBODY
            who = _EVERYBODY if everybody else await self._whose(network, one.user)
            if who not in changed:
                left.append(one)
        return left

    async def _changed(self, portal: PortalID) -> set[UserID]:
        changed = set[UserID]()
        for job in await self._queue.of_kind(lane_to_network(portal), KIND):
            event = load_event(job.body or "")
            old, new = before(event), event["content"]
            if old is None:  # then nobody knows what it changed, and it is not brought there
                continue
            changed |= {user for user, _ in ranked(old, new)}
            if may_speak_change(old, new) is not None:
                changed.add(_EVERYBODY)
        return changed
