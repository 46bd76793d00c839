"""Holds back commits, as a store does whose disk is slow: those of ends alone, or all."""

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


class HeldCommits:
    """Nothing is committed before `release`. `batches` are the operations of each commit since."""

    def __init__(self, writer: Writer, monkeypatch: Any) -> None:
        self.batches: list[list[str]] = []
        self._writer, self._go_on = writer, asyncio.Event()
        self._connected, self._take = writer._connected, writer._take
        monkeypatch.setattr(writer, "_connected", self._hold)
        monkeypatch.setattr(writer, "_take", self._note)

    @property
    def waiting(self) -> list[str]:
        """The operations that queue for the next commit."""
        return [entry.name for entry in self._writer._queue]

    def release(self) -> None:
        self._go_on.set()

    async def _hold(self) -> Any:
        await self._go_on.wait()
        return await self._connected()

    def _note(self) -> list[Any]:
        entries = self._take()
        self.batches.append([entry.name for entry in entries])
        return entries
