"""A clock that stands still until a test advances it; the sockets of its event loop stay real."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from bridgekit.clock import Clock, Timer

_EPOCH = datetime(2030, 1, 1, tzinfo=UTC)

# A request and its answer over loopback take some twenty turns of the event loop; each turn also
# polls the sockets.
_SETTLING_TURNS = 100  # at the most: who never rests is not waited for
_IDLE_TURNS = 5  # in a row with nothing to do
_ON_THE_WAY = 0.002  # real seconds in which the kernel hands over what was sent over loopback
_ROUNDS = 200  # of turns, and of threads behind them
_STUCK = 2.0  # real seconds; what a thread does for longer waits for the test itself


@dataclass(order=True, slots=True)
class _VirtualTimer:
    due: float
    number: int  # timers due at the same moment fire in the order they were set
    callback: Callable[[], object] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


async def settle() -> None:
    """Let every task of this event loop that is not waiting for time run on.

    What a thread does for one of them, as a database's, takes as long as it takes: of that time no
    virtual clock knows.
    """
    work = _work_of(asyncio.get_running_loop())
    quiet = False
    for _ in range(_ROUNDS):
        turns = await _turns_until_idle()
        if work:
            _, stuck = await asyncio.wait(work, timeout=_STUCK)
            work -= stuck
            quiet = False
        elif turns == _SETTLING_TURNS or (quiet and turns == _IDLE_TURNS):
            return
        else:
            await asyncio.sleep(_ON_THE_WAY)
            quiet = True


async def _turns_until_idle() -> int:
    """How many turns of the loop it took until nothing had to run and no socket had anything."""
    loop = asyncio.get_running_loop()
    idle = 0
    for turn in range(1, _SETTLING_TURNS + 1):
        await asyncio.sleep(0)
        # All that this turn found, and what others began in the last, stands behind this task.
        idle = 0 if loop._ready else idle + 1  # type: ignore[attr-defined]  # noqa: SLF001
        if idle == _IDLE_TURNS:
            return turn
    return _SETTLING_TURNS


@contextmanager
def under_way() -> Generator[None]:
    """For as long as this lasts, `settle` waits for it, as for a thread."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    _note(_work_of(loop), over)
    try:
        yield
    finally:
        over.cancel()


_Work = set[asyncio.Future[Any]]

_WORK: WeakKeyDictionary[asyncio.AbstractEventLoop, _Work] = WeakKeyDictionary()


def _work_of(loop: asyncio.AbstractEventLoop) -> _Work:
    """What is done for the tasks of this loop where it does not run.

    From the first time that it is asked for, all that is given to threads is noted.
    """
    if loop in _WORK:
        return _WORK[loop]
    work = _WORK[loop] = set()
    run = loop.run_in_executor
    if getattr(run, "__func__", None) is not asyncio.BaseEventLoop.run_in_executor:
        return work  # it has no threads

    def noted(executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        future = run(executor, func, *args)
        _note(work, future)
        return future

    loop.run_in_executor = noted  # type: ignore[method-assign, assignment]
    return work


def _note(work: _Work, future: asyncio.Future[Any]) -> None:
    work.add(future)
    future.add_done_callback(work.discard)


class VirtualClock(Clock):
    """Starts at 2030-01-01 and at monotonic 0. Use it in one event loop only."""

    def __init__(self, start: datetime = _EPOCH) -> None:
        self._start = start
        self._elapsed = 0.0
        self._jumped = timedelta()
        self._timers: list[_VirtualTimer] = []
        self._numbers = itertools.count()
        self._timer_set = asyncio.Event()

    def now(self) -> datetime:
        return self._start + self._jumped + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        over = asyncio.Event()
        timer = self.call_later(seconds, over.set)
        try:
            await over.wait()
        finally:
            timer.cancel()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        timer = _VirtualTimer(self._elapsed + max(0.0, seconds), next(self._numbers), callback)
        heapq.heappush(self._timers, timer)
        self._timer_set.set()
        return timer

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncGenerator[None]:
        async with asyncio.timeout(None) as limit:
            # Zero is long past for the event loop's own clock: the limit strikes at its next turn.
            timer = self.call_later(seconds, lambda: limit.reschedule(0.0))
            try:
                yield
            finally:
                timer.cancel()

    @property
    def pending(self) -> float | None:
        """The monotonic time at which the next timer is due; None: there is no timer."""
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0].due if self._timers else None

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass: timers fire in order, each at its own time, tasks run in between."""
        await settle()
        target = self._elapsed + seconds
        while (due := self.pending) is not None and due <= target:
            self._elapsed = max(self._elapsed, due)
            heapq.heappop(self._timers).callback()
            await settle()
        self._elapsed = target
        await settle()

    async def wait_for_timer(self, within: float) -> None:
        """Return once a timer is due `within` seconds from now: somebody has begun to wait."""
        while (due := self.pending) is None or due > self._elapsed + within:
            self._timer_set.clear()
            await self._timer_set.wait()

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward (or back), as an administrator would; no timer notices."""
        self._jumped += timedelta(seconds=seconds)
