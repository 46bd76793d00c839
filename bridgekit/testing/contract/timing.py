"""How time passes in a scenario: at once where all is in memory, else a few times too fast.

`now` is what a fake network dates by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from bridgekit.clock import Clock, SystemClock
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.crash import CrashLoop, LoopClock

_REAL, _VIRTUAL = 0.01, 0.1  # seconds; what has to be real gets some time, too
_CLOCK: ContextVar[Clock] = ContextVar("clock")


def now() -> datetime:
    """The time as the bridge has it: date by it what people say on a fake network.

    In memory it is not the computer's, and what is older than 90 days is set aside. In a rehearsal
    it is.
    """
    return _CLOCK.get(SystemClock()).now()


class Time(Protocol):
    """`clock` is the bridge's."""

    clock: Clock

    async def passes(self, seconds: float) -> None:
        """Return when so much time has passed, and all that it brings has had its turn."""


class Simulated:
    """Of a `CrashLoop`: it jumps to the next timer when nothing can run."""

    def __init__(self) -> None:
        self.clock: Clock = LoopClock()

    async def passes(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Hurried:
    """Of a loop with sockets and threads: the bridge's clock goes ten times as fast.

    It begins with the time of the computer, by which a real server dates.
    """

    def __init__(self) -> None:
        self._virtual = VirtualClock(datetime.now(UTC))
        self.clock: Clock = self._virtual

    async def passes(self, seconds: float) -> None:
        over = self._virtual.monotonic() + seconds
        while self._virtual.monotonic() < over:
            await asyncio.sleep(_REAL)
            await self._virtual.advance(_VIRTUAL)


T = TypeVar("T", bound=Time)


def begun(time: T) -> T:
    """The same; from here on `now` is of it."""
    _CLOCK.set(time.clock)
    return time


def play(scene: Callable[[Time], Awaitable[None]], *, sockets: bool) -> None:
    """Play a scene on a loop of its own, with sockets and threads or without."""

    async def played() -> None:
        await scene(begun(Hurried() if sockets else Simulated()))

    with asyncio.Runner(loop_factory=asyncio.new_event_loop if sockets else CrashLoop) as runner:
        runner.run(played())
