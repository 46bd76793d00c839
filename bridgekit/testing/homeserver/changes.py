"""Waiting for something to become true: whoever changes the world says so, whoever waits looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

T = TypeVar("T")

# Real time, whatever clock the test injects: a wait that fails must end.
_PATIENCE = 60.0


class Changes:
    """A bell that anybody may ring and anybody may wait for."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def each(self) -> AsyncGenerator[None]:
        """At once, then after every change; nothing that happens in between is missed."""
        while True:
            upcoming = self._next
            yield
            await upcoming.wait()

    async def wait_for(self, predicate: Callable[[], T | None], what: str = "a condition") -> T:
        """The first truthy result of `predicate`; `TimeoutError` after a minute."""
        try:
            async with asyncio.timeout(_PATIENCE):
                async for _ in self.each():
                    if found := predicate():
                        return found
        except TimeoutError as error:
            raise TimeoutError(f"waited {_PATIENCE:.0f} s for {what}") from error
        raise AssertionError("changes never end")
