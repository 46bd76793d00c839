"""What an attack found, the same for every attack: how much was said, and what became of it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise


class Verdict(StrEnum):
    HOLDS = "holds"
    BROKEN = "BROKEN"
    NOT_TRIED = "NOT TRIED"  # so nothing is known: neither that it holds nor that it does not


@dataclass(slots=True)
class Report:
    """One attack. `undecided` did not arrive, and whoever said it was `told` that nobody can know;
    what did not arrive and was not told is `lost`. `note` is what else the attack measured.

    No more than `doubts` may be told: without a number, nothing may be in doubt.
    """

    name: str
    events: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    undecided: int = 0
    told: int = 0
    doubts: int = 0
    seconds: float = 0.0
    note: str = ""
    not_tried: str = ""
    """Why the attack could not run here, if it could not."""
    broken: list[str] = field(default_factory=list)
    """What else did not hold, in sentences."""
    account: list[str] = field(default_factory=list)
    """How things stood at the end, for whoever reads of what did not hold."""

    @property
    def verdict(self) -> Verdict:
        if self.lost or self.doubled or self.disordered or self.faults:
            return Verdict.BROKEN
        return Verdict.NOT_TRIED if self.not_tried else Verdict.HOLDS

    @property
    def holds(self) -> bool:
        return self.verdict is Verdict.HOLDS

    @property
    def faults(self) -> list[str]:
        """What did not hold, but for what is counted."""
        doubted = f"told of {self.told} in doubt, at most {self.doubts} can be"
        return [*self.broken, *([doubted] if self.told > self.doubts else [])]

    def compare(
        self, said: Sequence[str], shown: Sequence[str], told: Iterable[str] | None = None
    ) -> None:
        """Count one chat's flow in one direction. `told`: the texts whose senders were told that
        they may not have arrived.
        """
        self.events += len(said)
        times = Counter(shown)
        self.doubled += sum(count - 1 for count in times.values())
        twice = [text for text, count in times.items() if count > 1]
        self.require(not twice, f"{twice[:3]} were shown more than once")
        places = {text: place for place, text in enumerate(said)}
        first = list(dict.fromkeys(text for text in shown if text in places))
        swapped = [pair for pair in pairwise(first) if places[pair[0]] > places[pair[1]]]
        self.disordered += len(swapped)
        self.require(not swapped, f"{swapped[:3]} were shown in this order")
        missing = [text for text in said if text not in times]
        warned = set(told or ())
        self.told += len(warned)
        self.undecided += sum(text in warned for text in missing)
        self.lost += sum(text not in warned for text in missing)
        strange = [text for text in times if text not in places]
        self.require(not strange, f"{strange[:3]} were shown, which nobody said")

    def bound_doubt(self, deaths: int, lanes: int, beside: int = 0) -> None:
        """A death leaves one send of each lane in doubt at most (decision 10).

        `beside` are those that something else has left in doubt.
        """
        self.doubts = deaths * lanes + beside

    def require(self, so: object, sentence: str) -> None:
        if not so:
            self.broken.append(sentence)

    def __str__(self) -> str:
        numbers = (
            f"{self.events} events, {self.lost} lost, {self.doubled} doubled, "
            f"{self.disordered} out of order, {self.undecided} undecided, {self.told} told, "
            f"{self.seconds:.1f} s"
        )
        said = [numbers] if self.events or not self.not_tried else []
        lines = [f"{self.name}: {self.verdict}", *_indented(*said, self.not_tried, self.note)]
        if self.verdict is Verdict.BROKEN:
            lines += [f"    ! {sentence}" for sentence in (*self.faults, *self.account)]
        return "\n".join(lines)


def _indented(*texts: str) -> Iterator[str]:
    """As they fit a terminal."""
    fit = textwrap.TextWrapper(
        78,
        initial_indent="    ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    for text in texts:
        yield from fit.wrap(text)


def together(reports: Sequence[Report]) -> Report:
    """All attacks as one: it holds only if each was tried and held."""
    total = Report("all of them")
    counts = ("events", "lost", "doubled", "disordered", "undecided", "told", "doubts", "seconds")
    for name in counts:
        setattr(total, name, sum(getattr(report, name) for report in reports))
    total.require(all(report.verdict is not Verdict.BROKEN for report in reports), "see above")
    total.not_tried = ", ".join(report.name for report in reports if report.not_tried)
    return total
