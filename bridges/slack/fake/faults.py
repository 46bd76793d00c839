"""What goes wrong at the fake Slack: once, as a test wants it, or a share of calls, at random."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

DOWNLOAD = "a file"  # as if it were a method


class Kind(StrEnum):
    """How a call fails. `LOST` and `CUT` break the connection; after, and before it is done.

    Of files that are read (`DOWNLOAD`), `CUT` is in the middle.
    """

    LOST = "lost"
    CUT = "cut"
    BROKEN = "broken"  #: status 500, and it is done
    REFUSED = "refused"  #: status 500, and it is not
    LIMITED = "limited"
    ERROR = "error"  #: an answer that is not ok
    HANG = "hang"  #: no answer, for ever


@dataclass(frozen=True, slots=True)
class Fault:
    """`after`: seconds of `Retry-After`. `code`: what `error` says."""

    kind: Kind
    after: int = 1
    code: str = "restricted_action"


@dataclass(slots=True)
class Faults:
    """`once` are used up, each by the first call of its methods; `share` of all others fail."""

    once: list[tuple[frozenset[str], Fault]] = field(default_factory=list)
    share: float = 0.0
    rng: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 (no secret)
    methods: frozenset[str] = frozenset()
    """Which fail at random; empty: all."""
    struck: Counter[str] = field(default_factory=Counter)
    """How many calls of each have failed."""

    def next(self, fault: Fault, methods: Collection[str]) -> None:
        self.once.append((frozenset(methods), fault))

    def take(self, method: str) -> Fault | None:
        """What goes wrong with this call."""
        fault = self._next_of(method)
        self.struck[method] += fault is not None
        return fault

    def _next_of(self, method: str) -> Fault | None:
        for place, (methods, fault) in enumerate(self.once):
            if method in methods:
                del self.once[place]
                return fault
        chosen = not self.methods or method in self.methods
        if self.share and chosen and self.rng.random() < self.share:
            return Fault(
                self.rng.choice([Kind.LOST, Kind.CUT, Kind.BROKEN, Kind.REFUSED, Kind.LIMITED])
            )
        return None
