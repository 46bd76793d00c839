"""Asking a network about a chat or a person: foreign code that may fail or hang, and must not
take a message with it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater

log = structlog.get_logger()

T = TypeVar("T")
PATIENCE = 10.0  # seconds


async def looked_up(clock: Clock, what: str, answer: Awaitable[T]) -> T | None:
    """The answer; None if there is none to be had. Raises `RetryLater` if the network says so."""
    try:
        async with clock.timeout(PATIENCE):
            return await answer
    except RetryLater:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a look-up dies of, the message goes on)
        log.warning("look-up failed", what=what, error=type(error).__name__)
        return None
