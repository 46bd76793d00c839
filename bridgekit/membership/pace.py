"""How much may be under way at the homeserver at once: as much as it takes without complaint.

Grows by one for each round of quick answers and halves on a rate limit or a slow one (AIMD, as
TCP does). Only what can wait asks for a turn; messages do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater

FIRST, MOST = 4.0, 32.0
SLOW = 2.0  # seconds; an answer that takes longer says that the homeserver is busy


class Pace:
    """For one homeserver."""

    def __init__(
        self, clock: Clock, allowed: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        """`allowed` returns once the operator lets anything be done that can wait."""
        self._clock, self._allowed = clock, allowed
        self._limit = FIRST
        self._running = 0
        self._resume_at = self._halved_at = 0.0
        self._freed = asyncio.Event()

    @property
    def limit(self) -> int:
        """How many may be under way now."""
        return int(self._limit)

    async def enter(self) -> None:
        """Wait for a turn; `leave` gives it back."""
        while True:
            if self._allowed is not None:
                await self._allowed()
            pause = self._resume_at - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(pause)
            elif self._running < self.limit:
                self._running += 1
                return
            else:
                self._freed.clear()
                await self._freed.wait()

    def leave(self) -> None:
        self._running -= 1
        self._freed.set()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Around one request: how it is answered is what the pace follows."""
        began = self._clock.monotonic()
        try:
            yield
        except RetryLater as error:
            self._slower(began)
            self._resume_at = max(self._resume_at, self._clock.monotonic() + (error.after or 0.0))
            raise
        except Exception:
            self._faster(began)  # refused, which is an answer as well
            raise
        else:
            self._faster(began)

    def _faster(self, began: float) -> None:
        if self._clock.monotonic() - began > SLOW:
            self._slower(began)
        else:
            self._limit = min(MOST, self._limit + 1 / self._limit)
            self._freed.set()

    def _slower(self, began: float) -> None:
        """Halve, once for all that was under way when the trouble began."""
        if began >= self._halved_at:
            self._limit = max(1.0, self._limit / 2)
            self._halved_at = self._clock.monotonic()


class SideBySide:
    """Work at that pace; once one piece asks for a pause no other begins, and leaving raises it."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._tasks = asyncio.TaskGroup()
        self._pause: RetryLater | None = None

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def start(
        self, work: Callable[[], Awaitable[None]], over: Callable[[], None] = lambda: None
    ) -> None:
        """Begin when it is this one's turn; `over` is called in any case, begun or not."""
        try:
            await self._pace.enter()
        except BaseException:
            over()
            raise

        def done(_: object) -> None:
            self._pace.leave()
            over()

        if self._pause is None:
            # A task that is cancelled before it began has no other place to give its turn back.
            self._tasks.create_task(self._do(work)).add_done_callback(done)
        else:
            done(None)

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except RetryLater as error:
            self._pause = error

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._tasks.__aexit__(kind, error, trace)
        if self._pause is not None:
            raise self._pause
