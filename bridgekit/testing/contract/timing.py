"""How time passes in a scenario: at once where all is in memory, else a few times too fast."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from bridgekit.clock import Clock
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.crash import CrashLoop, LoopClock

_REAL, _VIRTUAL = 0.01, 0.1  # seconds; what has to be real gets some time, too


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
    """Of a loop with sockets and threads: the bridge's clock goes ten times as fast."""

    def __init__(self) -> None:
        self._virtual = VirtualClock()
        self.clock: Clock = self._virtual

    async def passes(self, seconds: float) -> None:
        over = self._virtual.monotonic() + seconds
        while self._virtual.monotonic() < over:
            await asyncio.sleep(_REAL)
            await self._virtual.advance(_VIRTUAL)


def play(scene: Callable[[Time], Awaitable[None]], *, sockets: bool) -> None:
    """Play a scene on a loop of its own, with sockets and threads or without."""

    async def played() -> None:
        await scene(Hurried() if sockets else Simulated())

    with asyncio.Runner(loop_factory=asyncio.new_event_loop if sockets else CrashLoop) as runner:
        runner.run(played())
