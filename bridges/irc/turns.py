"""When each login of a network may sign in: one after another, as fast as the server lets them.

A server that complains of connections that come too fast is given its pause, and twice the time
from one to the next; while it does not complain, that time shrinks again. Sign-ins overlap: all
that began before a complaint may be refused for the same reason, which counts once. Who came first
goes first: the core brings those who spoke last before all others.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridgekit import RetryLater, Scope

_SLOWEST = 60.0
_EASED = 0.95  # what the time shrinks to with each that was let in
_COMPLAINT = 1.0  # seconds that it takes at least after a complaint


class Turns:
    """Of one network. `apart`: seconds from one sign-in to the next, where nobody complains."""

    def __init__(self, apart: float) -> None:
        self.apart = apart
        self._least = apart
        self._next = 0.0
        self._slowed = -math.inf  # when that happened last
        self._line = asyncio.Lock()  # first come, first served

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for it, then sign in within it; what the server refuses counts."""
        began = await self._come()
        try:
            yield
        except RetryLater as refused:
            if refused.scope is Scope.NETWORK and refused.after is not None:
                self._slower(refused.after, began)
            raise
        self.apart = max(self._least, self.apart * _EASED)

    async def _come(self) -> float:
        """When it is."""
        loop = asyncio.get_running_loop()
        async with self._line:
            while (wait := self._next - loop.time()) > 0:  # noqa: ASYNC110 (a time, not a state)
                await asyncio.sleep(wait)
            began = loop.time()
            self._next = began + self.apart
            return began

    def _slower(self, pause: float, began: float) -> None:
        now = asyncio.get_running_loop().time()
        if began > self._slowed:
            self._slowed = now
            self.apart = min(max(self.apart * 2, _COMPLAINT), _SLOWEST)
        self._next = max(self._next, now + pause)
