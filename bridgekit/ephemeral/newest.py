"""Work on what is worth nothing when it is late: per key only the newest state, never a queue."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

AT_ONCE = 8
MOST = 500  # keys that wait


class Newest(Generic[K, V]):
    """`work` is called once at a time for a key; what is replaced before that never happens."""

    def __init__(self, name: str, work: Callable[[K, V], Awaitable[None]]) -> None:
        self._name, self._work = name, work
        self._waiting: OrderedDict[K, V] = OrderedDict()
        self._busy: set[K] = set()
        self._woken = asyncio.Event()

    def put(self, key: K, value: V) -> bool:
        """Wanted from now on; False if too much waits already."""
        if key not in self._waiting and len(self._waiting) >= MOST:
            return False
        self._waiting[key] = value
        self._woken.set()
        return True

    @property
    def busy(self) -> bool:
        """Whether anything waits or is under way."""
        return bool(self._waiting or self._busy)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._serve(), name=self._name)

    async def _serve(self) -> None:
        while True:
            key = next((one for one in self._waiting if one not in self._busy), None)
            if key is None:
                self._woken.clear()
                await self._woken.wait()
                continue
            self._busy.add(key)
            try:
                await self._work(key, self._waiting.pop(key))
            except Exception as error:  # noqa: BLE001 (one network, or one room, must not stop all others)
                log.info("not shown", what=self._name, error=type(error).__name__)
            finally:
                self._busy.discard(key)
                self._woken.set()
