"""Against machines that answer each other: how often one conversation is texted in a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bridgekit import Rejected

WINDOW = 60.0  # seconds
CONVERSATIONS = 10_000  # that are remembered at once


class Loops:
    """`most` messages a minute in each conversation; `now` is a clock that only goes forward."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        self._most, self._now = most, now
        self._sent: dict[str, deque[float]] = {}

    def share(self, part: float) -> Loops:
        """So much of it, counted for itself."""
        return Loops(max(1, int(self._most * part)), self._now)

    def check(self, conversation: str) -> None:
        """Raise `Rejected` where enough was sent within the last minute."""
        sent = self._sent.get(conversation, deque())
        while sent and sent[0] <= self._now() - WINDOW:
            sent.popleft()
        if len(sent) >= self._most:
            raise Rejected(
                f"{self._most} messages went to this number within a minute, as in a loop between "
                "two machines. Wait a little, or have the operator raise `per_minute`."
            )

    def note(self, conversation: str) -> None:
        """Something was sent."""
        sent = self._sent.pop(conversation, None) or deque()
        sent.append(self._now())
        self._sent[conversation] = sent  # the last one is the one that spoke last
        while len(self._sent) > CONVERSATIONS:
            del self._sent[next(iter(self._sent))]
