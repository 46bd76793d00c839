"""Brings portals after what is wished of them: one at a time each, many side by side, for ever.

What differs is in the store; here are only the portals that may be concerned. A start pages
through those that an earlier process left, so that a hundred thousand cost no memory.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import PortalID
from bridgekit.lru import LRU
from bridgekit.patience import patiently

log = structlog.get_logger()

AT_ONCE = 64  # portals
PAGE = 500

Work = Callable[[PortalID], Awaitable[None]]
Backlog = Callable[[PortalID, int], Awaitable[list[PortalID]]]


class Reconciler:
    """`work` makes one portal as it should be; whatever it raises, it is called again later.

    `backlog` are the portals that need it, in order, from behind one on.
    """

    def __init__(self, name: str, work: Work, backlog: Backlog, clock: Clock) -> None:
        self._name, self._work, self._backlog, self._clock = name, work, backlog, clock
        self._waiting: OrderedDict[PortalID, None] = OrderedDict()
        self._busy: set[PortalID] = set()
        self._again: set[PortalID] = set()  # of the busy ones
        self._failures: LRU[PortalID, int] = LRU(10_000)
        self._unread: PortalID | None = PortalID(-1)
        self._woken = asyncio.Event()

    def wake(self, portal: PortalID) -> None:
        """Say that a portal may not be as it should be. A hint."""
        if portal in self._busy:
            self._again.add(portal)
        else:
            self._waiting[portal] = None
        self._woken.set()

    def wake_later(self, portal: PortalID, seconds: float) -> None:
        self._clock.call_later(seconds, lambda: self.wake(portal))

    @property
    def busy(self) -> bool:
        """Whether some portal may not be as it should be, as far as is known."""
        return bool(self._waiting or self._busy)

    def at_rest(self, portal: PortalID) -> bool:
        """Whether nothing is to be done about it: what an earlier process left is read, too."""
        return self._unread is None and portal not in self._busy and portal not in self._waiting

    async def run(self) -> None:
        """Reconcile until cancelled."""
        self._unread = PortalID(-1)
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                while self._waiting and len(self._busy) < AT_ONCE:
                    portal, _ = self._waiting.popitem(last=False)
                    self._busy.add(portal)
                    group.create_task(self._reconcile(portal), name=self._name)
                if self._unread is not None and not self._waiting:
                    await self._read_on(self._unread)
                else:
                    await self._woken.wait()

    async def _read_on(self, after: PortalID) -> None:
        found = await patiently(partial(self._backlog, after, PAGE), self._clock)
        for portal in found:
            self.wake(portal)
        self._unread = found[-1] if len(found) == PAGE else None

    async def _reconcile(self, portal: PortalID) -> None:
        try:
            await self._work(portal)
        except RetryLater as error:
            self._fail(portal, error.after)
        except Exception as error:  # noqa: BLE001 (the store, say: one portal must not stop all others)
            kind = type(error).__name__
            log.warning("one of the portals waits", of=self._name, portal=portal, error=kind)
            self._fail(portal, None)
        else:
            self._failures.forget(portal)
        finally:
            self._busy.discard(portal)
            if portal in self._again:
                self._again.discard(portal)
                self._waiting[portal] = None
            self._woken.set()

    def _fail(self, portal: PortalID, after: float | None) -> None:
        failures = self._failures.put(portal, (self._failures.get(portal) or 0) + 1)
        self.wake_later(portal, retry.delay(after, failures, 1.0))
