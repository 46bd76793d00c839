"""At which points the bridge dies: a choice is asked at each, and told where it died already."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from bridgekit.testing.crash.points import Point

_WEIGHT = 10  # how much likelier a second death is in code that recovers from the first
_RECOVERIES = 0.25  # how many of them are attacked; who dies no more need not be watched


class Choice(Protocol):
    """Where the bridge dies."""

    def __call__(self, crashes: Sequence[Point], point: Point) -> bool:
        """Whether it dies here, having died there."""

    def over(self, crashes: Sequence[Point]) -> bool:
        """Whether it dies nowhere any more, having died there."""


@dataclass(frozen=True, slots=True)
class _Once:
    here: Callable[[Point], bool]

    def __call__(self, crashes: Sequence[Point], point: Point) -> bool:
        return not crashes and self.here(point)

    def over(self, crashes: Sequence[Point]) -> bool:
        return bool(crashes)


def wherever(here: Callable[[Point], bool]) -> Choice:
    """Once, at every such point."""
    return _Once(here)


everywhere = wherever(lambda _: True)
"""Once, at every point."""


@dataclass(frozen=True, slots=True)
class _Never:
    def __call__(self, _crashes: Sequence[Point], _point: Point) -> bool:
        return False

    def over(self, _crashes: Sequence[Point]) -> bool:
        return True


nowhere = _Never()
"""It is played, and nobody dies, nor is anything watched."""

at_commits = wherever(lambda point: point.commits)
"""Once, in the middle of every commit and right after it."""


def sample(share: float, seed: int) -> Choice:
    """Once, at so many of the points."""
    return wherever(lambda point: _drawn(seed, point) < share)


def either(one: Choice, other: Choice) -> Choice:
    """Once, wherever one of them says so."""
    return wherever(lambda point: one((), point) or other((), point))


def and_again(first: Choice, share: float, seed: int) -> Choice:
    """As `first`; then once more, at so many points of the recovery, most in code that recovers.

    One recovery in four is attacked, at four times as many of its points.
    """
    return _Again(first, share, seed)


@dataclass(frozen=True, slots=True)
class _Again:
    first: Choice
    share: float
    seed: int

    def __call__(self, crashes: Sequence[Point], point: Point) -> bool:
        if len(crashes) != 1:
            return self.first(crashes, point)
        share = self.share * (_WEIGHT if point.recovers else 1) / _RECOVERIES
        return _drawn(self.seed, *crashes, point) < share

    def over(self, crashes: Sequence[Point]) -> bool:
        return len(crashes) > 1 or (
            len(crashes) == 1 and _drawn(self.seed, *crashes) >= _RECOVERIES
        )


def unless(broken_off: Event, choice: Choice) -> Choice:
    """As `choice`, and nowhere once it is broken off: then the attack is soon over."""
    return _Unless(broken_off, choice)


@dataclass(frozen=True, slots=True)
class _Unless:
    broken_off: Event
    choice: Choice

    def __call__(self, crashes: Sequence[Point], point: Point) -> bool:
        return not self.broken_off.is_set() and self.choice(crashes, point)

    def over(self, crashes: Sequence[Point]) -> bool:
        return self.choice.over(crashes)


def exactly(points: Sequence[Point]) -> Choice:
    """At these, one after the other, as far as their names go."""
    return _Exactly(points)


@dataclass(frozen=True, slots=True)
class _Exactly:
    points: Sequence[Point]

    def __call__(self, crashes: Sequence[Point], point: Point) -> bool:
        return not self.over(crashes) and str(self.points[len(crashes)]) == str(point)

    def over(self, crashes: Sequence[Point]) -> bool:
        return len(crashes) >= len(self.points)


def _drawn(seed: int, *points: Point) -> float:
    """In [0, 1), the same for the same names: whatever else was asked before."""
    name = f"{seed} {' '.join(map(str, points))}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7]) / (1 << 56)
