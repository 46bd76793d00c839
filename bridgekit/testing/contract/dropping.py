"""What a bridge drops by a rule of what a network told it, in words: it is seen nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bridgekit.bridge import Bridge
from bridgekit.models import Direction, Outcome
from bridgekit.reasons import WORDS, Reason

Dropped = tuple[str, Direction, Reason]

_BY_RULE = frozenset(
    {
        *(Reason.OWN_ECHO, Reason.DUPLICATE, Reason.ONE_WAY, Reason.NOT_LINKED),
        *(Reason.NOT_BRIDGED_KIND, Reason.FOREIGN_ROOM, Reason.FLOOD, Reason.CIRCLE),
        *(Reason.LISTED, Reason.CANCELLED, Reason.IN_ANOTHER, Reason.TARGET_GONE),
        *(Reason.NO_CHANGE, Reason.NAMELESS),
    }
)


class Drops:
    """Reads the counters of a bridge, and says what is new in them."""

    def __init__(self) -> None:
        self._bridge: Bridge | None = None
        self._told: Counter[Dropped] = Counter()

    def known(self, outcome: Outcome) -> None:
        """It has been told of already."""
        self._told[outcome.network, outcome.lane.direction, Reason(outcome.reason)] += 1

    def attend(self, bridge: Bridge) -> None:
        """One that starts counts from nothing."""
        if bridge is not self._bridge:
            self._bridge, self._told = bridge, Counter()

    def news(self, bridge: Bridge) -> Iterator[str]:
        """A line for each that nobody has been told of."""
        self.attend(bridge)
        counts = Counter() if bridge.parts is None else bridge.parts.status.counts
        for (_, direction, reason), times in (counts - self._told).items():
            if direction is Direction.TO_MATRIX and reason in _BY_RULE:
                often = f", {times} times" if times > 1 else ""
                yield f"the bridge drops it{often}: {WORDS[reason].sentence} ({reason})"
        self._told = Counter(counts)
