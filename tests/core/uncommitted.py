"""Holds back the ends of jobs, as a store does whose disk is slow: all else is committed."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from bridgekit.store.progress import Finish
from bridgekit.store.writer import Writer


class HeldEnds:
    """`held` are those that wait; a kill before `release` loses them."""

    def __init__(self, writer: Writer, monkeypatch: Any) -> None:
        self.held: deque[tuple[Any, ...]] = deque()
        self._submit, self._free = writer.submit, False
        monkeypatch.setattr(writer, "submit", self._hold)

    def _hold(self, operation: Any, then: Any = None) -> asyncio.Future[Any]:
        if self._free or not isinstance(operation, Finish):
            return self._submit(operation, then)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.held.append((operation, then, future))
        return future

    def release_one(self) -> None:
        """Commit the first."""
        operation, then, future = self.held.popleft()
        self._submit(operation, then).add_done_callback(lambda _: future.set_result(None))

    def release(self) -> None:
        """Commit them, in their order, and hold no more."""
        while self.held:
            self.release_one()
        self._free = True
