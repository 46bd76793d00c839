"""What was counted, minute by minute for an hour: to tell "lately" from "since the start"."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

from bridgekit.clock import Clock
from bridgekit.models import Direction
from bridgekit.reasons import Reason

MINUTES = 60
EVERY = 60.0  # seconds

Counts = Mapping[tuple[str, Direction, Reason], int]


class History:
    """Of `counts`, which only grow. Holds what has been counted at all, sixty times."""

    def __init__(self, counts: Counts, clock: Clock) -> None:
        self._counts, self._clock = counts, clock
        self._earlier: deque[Counter[tuple[str, Direction, Reason]]] = deque(maxlen=MINUTES)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._earlier.append(Counter(self._counts))
            await self._clock.sleep(EVERY)

    def since(self, minutes: int) -> Counter[tuple[str, Direction, Reason]]:
        """What was counted in the last minutes, or since the start if that is less."""
        now = Counter(self._counts)
        if minutes < len(self._earlier) or len(self._earlier) == MINUTES:
            now.subtract(self._earlier[-min(minutes, len(self._earlier))])
        return +now
