"""What an operator has the bridge do; like an operator, it says so again until it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bridgekit.bridge import Bridge
from bridgekit.errors import BridgekitError

Order = Callable[[Any], Awaitable[None]]
"""Is given the bridge's parts."""


@dataclass(slots=True)
class Orders:
    """They outlive the bridge."""

    all: list[Order] = field(default_factory=list)
    done: int = 0
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def give(self, order: Order) -> int:
        """`done` is at least what this returns once it is carried out."""
        self.all.append(order)
        self.more.set()
        return len(self.all)


@dataclass(frozen=True, slots=True)
class Ordered:
    """A bridge that carries them out as long as it lives."""

    bridge: Bridge
    orders: Orders

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(self._work())
            await self.bridge.run(stop)
            working.cancel()

    async def _work(self) -> None:
        orders = self.orders
        await self.bridge.ready.wait()
        while True:
            if orders.done == len(orders.all):
                orders.more.clear()
                await orders.more.wait()
                continue
            try:
                await orders.all[orders.done](self.bridge.parts)
            except BridgekitError:
                await asyncio.sleep(1)
            else:
                orders.done += 1
