"""What the people of the network do until the bridge acknowledges it: told again, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from bridgekit.errors import BridgekitError
from bridgekit.events import RemoteEvent
from bridgekit.ids import LoginID
from bridgekit.store.failure import StoreDown
from bridgekit.testing.loopback import LoopbackNetwork

Event = RemoteEvent[Any]
LISTENER = LoginID("loop:bot")  # what the logins of people see too, the bridge takes from this one


class Outbox:
    """As any network with a memory has one; it works while somebody is connected."""

    def __init__(self, network: LoopbackNetwork) -> None:
        self._network = network
        self.waiting: deque[Event] = deque()
        self.told: list[Event] = []
        """All that was acknowledged."""
        self._task: asyncio.Task[None] | None = None

    def put(self, *events: Event, front: bool = False) -> None:
        if front:
            self.waiting.extendleft(reversed(events))
        else:
            self.waiting.extend(events)
        self.wake()

    def wake(self) -> None:
        """Somebody may be connected again."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="outbox")

    async def cut(self) -> None:
        """The connection is gone: whatever was on it is told again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while self.waiting and LISTENER in self._network.clients:
            batch = list(self.waiting)[:3]
            try:
                await self._network.deliver(*batch, to=LISTENER)
            except (BridgekitError, StoreDown):
                return  # until somebody wakes it
            for event in batch:
                self.waiting.remove(event)
                self.told.append(event)
