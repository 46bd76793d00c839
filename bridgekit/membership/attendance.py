"""The reconciler of membership: reads page by page who is not where they should be, and moves them.

Nothing of a page outlives it, so that 120 000 queued leaves cost the memory of fifty.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from bridgekit.clock import Clock
from bridgekit.ids import PortalID, RemoteUserID, RoomID
from bridgekit.lanes.queue import Queue
from bridgekit.membership.admission import Admission
from bridgekit.membership.members import Members
from bridgekit.membership.pace import Pace, SideBySide
from bridgekit.membership.reconciler import Reconciler
from bridgekit.models import Portal, lane_to_matrix
from bridgekit.person.ghosts import Ghosts
from bridgekit.room.portals import Portals

BATCH = 50
FIRST = RemoteUserID("")


class Attendance:
    """For all rooms."""

    def __init__(
        self,
        members: Members,
        ghosts: Ghosts,
        portals: Portals,
        queue: Queue,
        clock: Clock,
        pace: Pace,
        admission: Admission,
        fresh: Callable[[Portal], None],
    ) -> None:
        self._members, self._ghosts, self._portals, self._queue = members, ghosts, portals, queue
        self._pace, self._admission, self._fresh = pace, admission, fresh
        self._reconciler = Reconciler("members", self._round, members.rows.drifted, clock)
        members.attach(self._reconciler)
        self.run = self._reconciler.run

    async def _round(self, portal_id: PortalID) -> None:
        """Do what is known to be wrong in one room."""
        portal = await self._portals.get(portal_id)
        room = portal.room
        if room is None or not self._ghosts.bridged(portal.key.network):
            return
        self._fresh(portal)
        await self._members.look(portal, room)
        postponed = await self._bring(portal)
        await self._take_out(portal, room)
        if postponed is not None:
            self._reconciler.wake_later(portal_id, postponed)

    async def _bring(self, portal: Portal) -> float | None:
        """Join all who should be there and may come now; seconds until some other may."""
        after, soonest = FIRST, math.inf
        while wants := await self._members.rows.coming(portal.id, after, BATCH):
            after = wants[-1].user
            async with SideBySide(self._pace) as side:
                for want in wants:
                    pause = await self._admission.postponed(portal.key.network, want.user)
                    if pause is None:
                        await self._admission.turn(portal.key.network, want.user)
                        await side.start(
                            partial(self._members.bring, portal, want),
                            partial(self._admission.end, portal.key.network, want.user),
                        )
                    else:
                        soonest = min(soonest, pause)
        return None if soonest == math.inf else soonest

    async def _take_out(self, portal: Portal, room: RoomID) -> None:
        after = FIRST
        while wants := await self._members.rows.going(portal.id, after, BATCH):
            after = wants[-1].user
            await self._queue.idle(lane_to_matrix(portal.id))  # their last words come first
            async with SideBySide(self._pace) as side:
                for want in wants:
                    await side.start(partial(self._members.take_out, portal, room, want.user))
