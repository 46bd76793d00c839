"""A homeserver that is away: noticed at the first failure, asked until it answers again.

What waits for it need not sit out its own pause then, which grows while nobody answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.matrix.api import HomeserverDown, Refused, TokenUnknown

log = structlog.get_logger()

EVERY = 2.0  # seconds between two questions
AFTERMATH = 120.0  # seconds: what was asked before the end may fail as long after it


class Outage:
    """`failed` is set whenever a request failed; `ask` is one that the homeserver answers cheaply,
    from its database. Where it answers at once the failure was that of one request, and its lane
    waits by itself.
    """

    def __init__(
        self,
        failed: asyncio.Event,
        ask: Callable[[], Awaitable[object]],
        over: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._failed, self._ask, self._over, self._clock = failed, ask, over, clock
        self.away = False

    async def run(self) -> None:
        """Watch until cancelled."""
        calm, pause = 0.0, EVERY
        while True:
            await self._failed.wait()
            self._failed.clear()
            if self._clock.monotonic() >= calm:
                pause = EVERY
            if (away := await self._waited()) is not None:
                log.info("the homeserver answers again", away=f"{away:.0f} s")
                calm = self._clock.monotonic() + AFTERMATH
            if self._clock.monotonic() < calm:
                self._over()
                pause *= 2  # one that comes back under load is not held down
            await self._clock.sleep(pause)

    async def _waited(self) -> float | None:
        """Return once it answers: after how many seconds, or None if it did at once."""
        began: float | None = None
        while True:
            try:
                await self._ask()
            except (HomeserverDown, TokenUnknown) as error:
                if began is None:
                    began, self.away = self._clock.monotonic(), True
                    log.warning(
                        "the homeserver does not answer; what is for it waits", why=str(error)
                    )
                await self._clock.sleep(EVERY)
            except (Refused, RetryLater):
                break  # an answer, too
            else:
                break
        self.away = False
        return None if began is None else self._clock.monotonic() - began
