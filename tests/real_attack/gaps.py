"""What is said on IRC while the bridge is killed: nobody repeats it, so rooms are told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from tests.real_attack.report import Report

MISSING = "messages may be missing"


@dataclass(slots=True)
class Gaps:
    """`unheard` are lines that were not stored by the time of a kill, or said before the bridge was
    back; `told` is how often the room of each channel was told of a gap.
    """

    unheard: int = 0
    told: Counter[str] = field(default_factory=Counter)
    _kills: dict[str, list[int]] = field(default_factory=dict)
    """Behind how many lines of a channel each kill was."""

    def cut(self, said: Mapping[str, list[str]], stored: Mapping[str, int]) -> None:
        """What the bridge had stored stays what was said; what it never heard is taken out."""
        for channel, lines in said.items():
            there = stored.get(channel, 0)
            self.unheard += len(lines) - there
            del lines[there:]
            self._kills.setdefault(channel, []).append(there)

    def judge(self, report: Report, said: Mapping[str, list[str]], most: int) -> None:
        """`most` lines can have been unheard. A gap is told with the first word behind it."""
        for channel, lines in said.items():
            ends = [*self._kills.get(channel, ()), len(lines)]
            gaps = sum(before < after for before, after in pairwise(ends))
            told = self.told[channel]
            sentence = f"{channel} has {gaps} gaps, and its room was told of {told}"
            report.require(told >= gaps, sentence)
        sentence = f"{self.unheard} lines were not stored by the time of a kill, {most} at most"
        report.require(self.unheard <= most, f"{sentence} can be")
