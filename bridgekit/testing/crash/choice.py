"""At which points the bridge dies: a choice is asked at each, and told where it died already."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from bridgekit.testing.crash.points import Point

Choice = Callable[[Sequence[Point], Point], bool]

_WEIGHT = 10  # how much likelier a second death is in code that recovers from the first


def everywhere(crashes: Sequence[Point], _: Point) -> bool:
    """Once, at every point."""
    return not crashes


def at_commits(crashes: Sequence[Point], point: Point) -> bool:
    """Once, in the middle of every commit and right after it."""
    return not crashes and point.commits


def sample(share: float, seed: int) -> Choice:
    """Once, at so many of the points."""

    def choice(crashes: Sequence[Point], point: Point) -> bool:
        return not crashes and _drawn(seed, point) < share

    return choice


def and_again(first: Choice, share: float, seed: int) -> Choice:
    """As `first`; then once more, at so many points of the recovery, most in code that recovers."""

    def choice(crashes: Sequence[Point], point: Point) -> bool:
        if len(crashes) != 1:
            return first(crashes, point)
        return _drawn(seed, *crashes, point) < share * (_WEIGHT if point.recovers else 1)

    return choice


def exactly(points: Sequence[Point]) -> Choice:
    """At these, one after the other, as far as their names go."""

    def choice(crashes: Sequence[Point], point: Point) -> bool:
        return len(crashes) < len(points) and str(points[len(crashes)]) == str(point)

    return choice


def _drawn(seed: int, *points: Point) -> float:
    """In [0, 1), the same for the same names: whatever else was asked before."""
    name = f"{seed} {' '.join(map(str, points))}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7]) / (1 << 56)
