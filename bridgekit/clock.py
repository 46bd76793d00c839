"""Time as a collaborator: what waits asks a `Clock`, so that a test can hand in another one.

Waits use the monotonic clock, which no change of the system's time moves; `now` is for people.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Protocol


class Timer(Protocol):
    """A callback that is due later."""

    def cancel(self) -> None:
        """Make sure that the callback is not called; harmless when it already was."""


class Clock(Protocol):
    """Wall time, monotonic time and the waits that follow the latter; seconds throughout."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC; it may jump."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes backwards."""

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed; at once, but not before others ran, for 0 or less."""

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` from the event loop once `seconds` have passed."""

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        """Cancel the body and raise `TimeoutError` if it takes longer than `seconds`."""


class SystemClock(Clock):
    """The time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, callback)

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        return asyncio.timeout(seconds)
