"""What an attack found, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bridgekit.testing.crash.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Case:
    """The bridge died at these points, one after the other."""

    crashes: Sequence[str]
    verdict: Verdict
    story: Sequence[str] = ()


@dataclass(slots=True)
class Report:
    """What came of attacks on one scenario, or on several: reports can be added."""

    name: str = "all"
    events: int = 0
    """What was said in all runs together."""
    points: int = 0
    alike: int = 0
    cases: list[Case] = field(default_factory=list)

    def add(self, other: Report) -> None:
        self.events += other.events
        self.points += other.points
        self.alike += other.alike
        self.cases += other.cases

    @property
    def bad(self) -> list[Case]:
        return [case for case in self.cases if not case.verdict.good]

    @property
    def numbers(self) -> dict[str, int]:
        """`points` that there are, of which so many are `alike` to the last that was tried, and so
        many were `left out` by the choice.

        `crashes` were tried; the rest counts over all of these. Of what is `undecided` whoever it
        concerns was told.
        """
        verdicts = [case.verdict for case in self.cases]
        return {
            "points": self.points,
            "alike": self.alike,
            "left out": self.points - self.alike - sum(len(one.crashes) == 1 for one in self.cases),
            "crashes": sum(len(case.crashes) for case in self.cases),
            "events": self.events,
            "lost": sum(len(one.lost) for one in verdicts),
            "doubled": sum(len(one.doubled) for one in verdicts),
            "out of order": sum(len(one.disordered) for one in verdicts),
            "undecided": sum(len(one.undecided) for one in verdicts),
            "trouble": sum(len(one.trouble) for one in verdicts),
        }

    def story(self, repeat: str, most: int = 5) -> Iterator[str]:
        """The first of each kind of failure; `repeat` is the command that shows it again."""
        seen: set[tuple[str, ...]] = set()
        for case in self.bad:
            wrong = tuple(case.verdict.lines())
            if wrong not in seen and len(seen) < most:
                points = " ".join(f"'{point}'" for point in case.crashes)
                yield f"{repeat} {self.name} {points}"
                yield from (f"    {line}" for line in wrong)
            seen.add(wrong)
