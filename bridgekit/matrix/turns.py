"""Which requests are under way at once: what is slow keeps to itself, so that the rest goes on.

A homeserver is mostly slow in some rooms only: large ones, or those whose servers are far away.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from bridgekit.lru import LRU

_ABOUT = 4  # parts of a path that say what it is about: client/v3/rooms/!id
AT_ONCE = 64  # more make no homeserver faster, and each is a connection on both sides
SLOW = 1.0  # seconds, of the event loop's own time, as are the limits of HTTP's client
MOST = 3 * AT_ONCE  # requests at once: quick ones, slow ones, and those that turn out to be slow


class Turns:
    """For one homeserver. What a request is about (a room, a person) is slow if its last was."""

    def __init__(self) -> None:
        self.quick, self.slow = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(AT_ONCE)
        self.overdue = 0
        """How many turned out to be slow, and gave up their places among the quick ones."""
        self.known_slow: LRU[str, bool] = LRU(10_000)

    def of(self, path: str) -> Turn:
        """One request's turn, to be entered when it is to begin."""
        return Turn(self, "/".join(path.split("/", _ABOUT)[:_ABOUT]))


class Turn:
    """`async with` it: waits for a place."""

    __slots__ = ("_about", "_late", "_place", "_timer", "_turns")

    def __init__(self, turns: Turns, about: str) -> None:
        self._turns, self._about = turns, about
        self._place: asyncio.Semaphore | None = None
        self._late = False

    async def __aenter__(self) -> None:
        turns = self._turns
        place = turns.slow if turns.known_slow.get(self._about) else turns.quick
        await place.acquire()
        self._place = place
        self._timer = asyncio.get_running_loop().call_later(SLOW, self._overdue)

    def _overdue(self) -> None:
        turns = self._turns
        self._late = True
        turns.known_slow.put(self._about, True)
        if self._place is turns.quick and turns.overdue < AT_ONCE:
            turns.overdue += 1
            turns.quick.release()
            self._place = None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if not self._late:
            self._turns.known_slow.forget(self._about)
        if self._place is None:
            self._turns.overdue -= 1
        else:
            self._place.release()
