"""Receipts, both ways: how far somebody has read is kept until the other side has been told.

Only the latest of each person in each portal is (delivery rule 4), so an outage leaves one, and
repeating it does no harm. What was read may itself be under way still: then its lanes are waited
for, by nobody else's receipts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import EventID, PortalID, RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.lanes.queue import Queue
from bridgekit.matrix.ephemeral import Read
from bridgekit.membership.reconciler import Reconciler
from bridgekit.models import Direction, Portal, lane_to_matrix, lane_to_network
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.status import Status
from bridgekit.store.receipts import ReadUpTo, ReceiptRows, forget_receipts, save_receipts
from bridgekit.store.writer import Writer
from bridgekit.to_matrix.receipt import ReceiptsToMatrix
from bridgekit.to_network.receipt import ReceiptsToNetwork

PAGE = 200
TOO_OLD = 24 * 60 * 60 * 1000  # milliseconds


class Receipts:
    """Of all portals. `drained`: everything that the homeserver has told us is in the lanes."""

    def __init__(
        self,
        rows: ReceiptRows,
        writer: Writer,
        portals: Portals,
        queue: Queue,
        to_matrix: ReceiptsToMatrix,
        to_network: ReceiptsToNetwork,
        status: Status,
        clock: Clock,
        drained: Callable[[], Awaitable[None]],
        echo: Callable[[UserID, RoomID, EventID], bool],
    ) -> None:
        """`echo`: whether it was us who said that somebody has read it."""
        self.rows, self._writer, self._portals, self._queue = rows, writer, portals, queue
        self._to_matrix, self._to_network, self._status = to_matrix, to_network, status
        self._clock, self._drained, self._echo = clock, drained, echo
        self._reconciler = Reconciler("receipts", self._bring, rows.waiting, clock)
        self._waits: dict[PortalID, frozenset[ReadUpTo]] = {}  # for the ends of their lanes
        self._waited: dict[PortalID, frozenset[ReadUpTo]] = {}
        self._kept: set[PortalID] = set()  # some of theirs could not be shown yet
        self._tasks: asyncio.TaskGroup | None = None

    async def read(self, reads: Sequence[Read]) -> None:
        """People on Matrix have read something; durable on return."""
        at, found = millis(self._clock), list[ReadUpTo]()
        for one in reads:
            echo = self._echo(one.user, one.room, one.event)
            for portal in await self._portals.in_room(one.room):
                way = Direction.TO_NETWORK
                why_not = self._to_network.why_not(portal, one.user)
                if echo and why_not is None:
                    why_not = Reason.OWN_ECHO
                if why_not is None:
                    found.append(ReadUpTo(portal.id, way, one.user, one.event, at))
                else:
                    self._status.count(portal.key.network, way, why_not)
        if found:
            await self._writer.write(save_receipts(found))
            for portal_id in {one.portal for one in found}:
                self.wake(portal_id)

    def wake(self, portal: PortalID) -> None:
        """Something was read there. A hint."""
        self._reconciler.wake(portal)

    def linked(self, portal: PortalID) -> None:
        """A message of it is linked now: somebody may have read it already. A hint.

        Nearly always nobody has, and then it costs no query.
        """
        if portal in self._kept or not self._reconciler.at_rest(portal):
            self.wake(portal)

    def connected(self) -> None:
        """A login can be asked again: what waits for one may be told. A hint."""
        for portal in tuple(self._kept):
            self.wake(portal)

    @property
    def busy(self) -> bool:
        """Whether any may be shown now, as far as is known."""
        return self._reconciler.busy or bool(self._waits)

    async def run(self) -> None:
        """Show them until cancelled, those of an earlier process first."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._reconciler.run()
        finally:
            self._tasks = None
            self._waits.clear()

    async def _bring(self, number: PortalID) -> None:
        """Show what can be shown of one portal."""
        waited = self._waited.pop(number, frozenset())
        portal = await self._portals.get(number)
        over: list[tuple[ReadUpTo, Reason]] = []
        unknown: set[ReadUpTo] = set()
        later: RetryLater | None = None
        found = await self._all(number)
        for one in found:
            try:
                reason = await self._shown(portal, one, waited=one in waited)
            except RetryLater as error:  # one login's trouble is not everybody's
                later = error if later is None else _sooner(later, error)
            else:
                if reason is not None:
                    over.append((one, reason))
                elif one not in waited:
                    unknown.add(one)
        await self._forget(portal, over)
        self._kept.discard(number)
        if len(over) < len(found):
            self._kept.add(number)
        if unknown:
            self._wait_for_lanes(number, frozenset(unknown))
        if later is not None:
            raise later

    async def _all(self, portal: PortalID) -> Sequence[ReadUpTo]:
        found: list[ReadUpTo] = []
        while len(page := await self.rows.of(portal, PAGE, len(found))) == PAGE:
            found += page
        return [*found, *page]

    async def _shown(self, portal: Portal, one: ReadUpTo, *, waited: bool) -> Reason | None:
        """How it ended; None: it stays. `waited`: all that was under way has ended."""
        if millis(self._clock) - one.at > TOO_OLD:
            return Reason.EXPIRED
        if one.direction is Direction.TO_MATRIX:
            return await self._to_matrix.show(portal, one)
        reason = await self._to_network.show(portal, one)
        if reason is not None or not waited:
            return reason
        if await self._portals.rows.awaited(portal.id, EventID(one.target)):
            return None  # the network has it, and says later under which ID
        # An event that is no message there; the next one that is read brings another receipt.
        return Reason.TARGET_UNKNOWN

    async def _forget(self, portal: Portal, over: Sequence[tuple[ReadUpTo, Reason]]) -> None:
        if over:
            await self._writer.write(forget_receipts([one for one, _ in over]))
        for one, reason in over:
            self._status.count(portal.key.network, one.direction, reason)

    def _wait_for_lanes(self, portal: PortalID, unknown: frozenset[ReadUpTo]) -> None:
        waits = portal in self._waits
        self._waits[portal] = self._waits.get(portal, frozenset()) | unknown
        if not waits and self._tasks is not None:
            self._tasks.create_task(self._lanes_end(portal), name="receipts wait")

    async def _lanes_end(self, portal: PortalID) -> None:
        asked = self._waits[portal]
        await self._drained()
        await self._queue.idle(lane_to_network(portal))
        await self._queue.idle(lane_to_matrix(portal))
        self._waits.pop(portal, None)
        self._waited[portal] = asked  # what joined the wait later waits once more
        self.wake(portal)


def _sooner(one: RetryLater, other: RetryLater) -> RetryLater:
    return min(one, other, key=lambda error: float("inf") if error.after is None else error.after)
