"""What texting costs, counted in messages as they are paid for: a cap on each day."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from bridgekit import Host, LoginError, Rejected, RetryLater
from bridges.sms.loops import Loops

SURELY_NOT = (RetryLater, LoginError, Rejected)  # taken, and so not paid for


class Spending:
    """One for a network, counted in the database: a restart begins no new day. `now` is in UTC."""

    def __init__(
        self, host: Host, per_day: int | None, now: Callable[[], datetime], key: str = "spent"
    ) -> None:
        self._host, self._per_day, self._now, self._key = host, per_day, now, key
        self._day, self._spent = "", 0

    def share(self, part: float, key: str) -> Spending:
        """So much of each day, counted for itself under `key`, beside what all have."""
        most = None if self._per_day is None else max(1, int(self._per_day * part))
        return Spending(self._host, most, self._now, key)

    async def check(self, messages: int) -> None:
        """Raise `Rejected` where today has no room for these."""
        if self._per_day is None:
            return
        await self._open()
        if self._spent + messages > self._per_day:
            left = max(0, self._per_day - self._spent)
            raise Rejected(
                f"It takes {messages} text messages, and of today's {self._per_day} there are "
                f"{left} left. Send it tomorrow (UTC), or have the operator raise `per_day`."
            )

    async def count(self, messages: int) -> None:
        """These may have been taken, or (less than 0) surely were not."""
        if self._per_day is None:
            return
        await self._open()
        self._spent = max(0, self._spent + messages)
        await self._host.save(self._key, json.dumps({"day": self._day, "spent": self._spent}))

    async def _open(self) -> None:
        today = self._now().date().isoformat()
        if today != self._day:
            stored = json.loads(await self._host.load(self._key) or "{}")
            self._day = today
            self._spent = stored["spent"] if stored.get("day") == today else 0


@asynccontextmanager
async def counted(
    spending: Spending, loops: Loops, conversation: str, messages: int
) -> AsyncIterator[None]:
    """A text of so many is sent within: it counts for its conversation, and for the day before it
    is sent, as a crash may follow at once. What surely was not taken counts for neither.

    Raises `Rejected` where the day has no room for it.
    """
    await spending.check(messages)
    await spending.count(messages)
    try:
        yield
    except SURELY_NOT:
        await spending.count(-messages)
        raise
    except Exception:
        loops.note(conversation)
        raise
    loops.note(conversation)
