"""Updates that wait for the bot: numbered, of the kinds it asked for, kept until confirmed."""

import asyncio
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

JSON = dict[str, Any]

KEPT = timedelta(hours=24)
_BEYOND = 10  # TDLib, `TQueue::get`
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(slots=True)
class UpdateQueue:
    """`again` is told once more, whatever was confirmed; `held` is told behind the next one."""

    now: Callable[[], datetime]
    number: int = 100_000_000
    allowed: frozenset[str] | None = None
    waiting: list[tuple[datetime, JSON]] = field(default_factory=list)
    again: list[JSON] = field(default_factory=list)
    confirmed: JSON | None = None
    swapping: bool = False
    held: JSON | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, kind: str, body: JSON) -> None:
        """Something happened, which the bot is told unless it did not ask for that kind."""
        if not self._wanted(kind):
            return
        self.number += 1
        self.put({"update_id": self.number, kind: deepcopy(body)})

    def put(self, update: JSON) -> None:
        if self.swapping:
            self.swapping, self.held = False, update
            return
        held, self.held = self.held, None
        self.waiting += [(self.now(), one) for one in (update, held) if one is not None]
        self.changed.set()

    def repeat(self) -> None:
        """What was confirmed last comes again, as if it had not been."""
        if self.confirmed is not None:
            self.again.append(self.confirmed)
            self.changed.set()

    def _wanted(self, kind: str) -> bool:
        if self.allowed is None or not self.allowed:
            return kind not in NOT_BY_DEFAULT
        return kind in self.allowed

    def confirm(self, offset: int) -> None:
        """Everything with a lower number is done with; a negative offset counts from the end.

        One that is far beyond the next number is of an earlier count, and confirms nothing.
        """
        if offset > self.number + 1 + _BEYOND:
            return
        before = self.waiting
        if offset < 0:
            self.waiting = before[offset:]
        elif offset > 0:
            self.waiting = [one for one in before if one[1]["update_id"] >= offset]
        gone = before[: len(before) - len(self.waiting)]
        self.confirmed = gone[-1][1] if gone else self.confirmed

    def done(self, update: JSON) -> None:
        """A webhook has taken it."""
        self.waiting = [one for one in self.waiting if one[1] is not update]
        self.confirmed = update

    def take(self, limit: int) -> Sequence[JSON]:
        """What there is; it stays until it is confirmed."""
        oldest = self.now() - KEPT
        self.waiting = [one for one in self.waiting if one[0] > oldest]
        again, self.again = self.again, []
        return [*again, *(update for _, update in self.waiting)][:limit]
