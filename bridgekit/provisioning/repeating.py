"""A request that comes again because its answer was lost: with the same key it is done once.

As in "The Idempotency-Key HTTP Header Field" (IETF draft). The answer is kept in memory for a
while; that something was done is kept in the audit log, so a restart does not do it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import BaseModel

from bridgekit.audited import AuditOutcome
from bridgekit.clock import Clock
from bridgekit.commands.audit import Audit
from bridgekit.commands.refusals import Mistyped
from bridgekit.errors import Rejected
from bridgekit.ids import UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lru import LRU

HEADER = "Idempotency-Key"
KEPT = 1_000  # answers
LASTS = 600.0  # seconds
LONGEST = 255  # characters of a key
ANOTHER = f"This {HEADER} was used for another request; take a new one."
DONE = "This was done already, by an earlier request with this key; look what there is."
UNKNOWN = "The bridge stopped while it did this, so it may be done or not; look what there is."


@dataclass(frozen=True, slots=True)
class _Given:
    asked: str
    answer: BaseModel
    until: float


class Repeating:
    """Of all programs; each person's keys are their own."""

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit, self._clock = audit, clock
        self._given: LRU[str, _Given] = LRU(KEPT)
        self._locks: KeyedLocks[str] = KeyedLocks()

    async def once(
        self, user: UserID, key: str, asked: str, do: Callable[[str], Awaitable[BaseModel]]
    ) -> BaseModel:
        """What `do` answers, or answered to the same before. It gets a name for the audit log.

        `asked` is the whole request. What has failed may be tried again.
        """
        if not 0 < len(key) <= LONGEST or not key.isascii() or not key.isprintable():
            raise Mistyped(f"{HEADER} has 1 to {LONGEST} characters that can be shown.", HEADER)
        name, asked = _digest(f"{user} {key}"), _digest(asked)
        async with self._locks.hold(name):
            given = self._given.get(name)
            if given is not None and self._clock.monotonic() < given.until:
                if given.asked != asked:
                    raise Rejected(ANOTHER)
                return given.answer
            await self._check(name)
            answer = await do(name)
            self._given.put(name, _Given(asked, answer, self._clock.monotonic() + LASTS))
            return answer

    async def _check(self, name: str) -> None:
        """That it was not done before what we remember."""
        earlier = await self._audit.earlier(name)
        if earlier is not None and earlier.outcome is AuditOutcome.DONE:
            raise Rejected(DONE)
        if earlier is not None and earlier.outcome is AuditOutcome.BEGUN:
            raise Rejected(UNKNOWN)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
