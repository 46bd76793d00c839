"""What is asked of a connection ends with it, also where the adapter forgets to say so.

A client that no longer listens hears no answer: who waited for one would hold its lane for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater

T = TypeVar("T")

GRACE = 10.0  # seconds in which an answer may come by another way, after the connection has ended


class Calls:
    """Those of one login, through one connection after the other."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client: Client | None = None
        self._open: set[asyncio.Timeout] = set()

    @property
    def client(self) -> Client | None:
        """Who can be asked now."""
        return self._client

    def begin(self, client: Client) -> None:
        self._client, self._open = client, set()

    def end(self) -> None:
        """The client listens no more: nothing is asked of it now, and what was must end soon."""
        self._client = None
        if self._open:
            self._clock.call_later(GRACE, partial(_break_off, self._open))

    async def ask(self, client: Client, call: Coroutine[Any, Any, T]) -> T:
        """The answer; `RetryLater` if nobody could be asked, `ConnectionError` if none can come."""
        if client is not self._client:
            call.close()
            raise RetryLater("The connection is gone", after=0.0)  # the next one is waited for
        answering = self._open
        try:
            async with asyncio.timeout(None) as limit:
                answering.add(limit)
                return await call
        except TimeoutError as error:
            if limit.expired():
                raise ConnectionError("The connection ended, and no answer came") from error
            raise
        finally:
            answering.discard(limit)


def _break_off(answering: set[asyncio.Timeout]) -> None:
    for limit in answering:
        limit.reschedule(0.0)  # long past for the event loop: it strikes at its next turn
