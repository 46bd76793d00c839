"""Compares how a disturbed run ended with how the undisturbed one did."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridgekit.testing.crash.scenario import End


@dataclass(frozen=True, slots=True)
class Verdict:
    """What differs; `undecided` is what is missing, as whoever it concerns was told."""

    lost: Sequence[str] = ()
    doubled: Sequence[str] = ()
    disordered: Sequence[str] = ()
    trouble: Sequence[str] = ()
    undecided: Sequence[str] = ()

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.disordered or self.trouble)

    def lines(self) -> list[str]:
        named = (
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("out of order", self.disordered),
            ("trouble", self.trouble),
        )
        return [f"{name}: {one}" for name, found in named for one in found]


def judge(expected: End, found: End, deaths: int = 0) -> Verdict:
    """Nothing may be missing or more than expected, but what somebody was told about.

    Of that there may not be more than so many deaths explain: else a bridge that says of all that
    nobody can tell would be good.
    """
    want = Counter(_everything(expected))
    got = Counter(_everything(found))
    missing = want - got
    excused = {one for one in want | got if any(_concerns(told, one) for told in found.told)}
    most = expected.doubts + deaths * expected.lanes
    many = [f"{found.doubts} were told of a doubt, at most {most} can be in doubt"]
    empty = [f"told about nothing: {told}" for told in found.told if not _words(told)]
    return Verdict(
        lost=[one for one in missing if one not in excused],
        doubled=[
            one
            for one in (got - want)
            if one not in excused or (want[one] and got[one] > want[one])
        ],
        disordered=[
            f"{place}: {list(found.said.get(place, ()))}"
            for place, said in expected.said.items()
            if _disordered(said, found.said.get(place, ()))
        ],
        trouble=[*found.trouble, *empty, *(many if found.doubts > most else ())],
        undecided=sorted(one for one in missing if one in excused),
    )


def within(part: str, whole: str) -> bool:
    """Whether the words of the one follow each other in the other: "one" is not in "None"."""
    some, all_ = _words(part), _words(whole)
    starts = range(len(all_) - len(some) + 1)
    return bool(some) and any(all_[at : at + len(some)] == some for at in starts)


def _concerns(told: str, one: str) -> bool:
    """What is told about may be one of the parts of something, or something about it."""
    return within(told, one) or within(one.rpartition(": ")[2], told)


def _words(text: str) -> list[str]:
    return [word for one in text.split() if (word := one.strip(string.punctuation))]


def _everything(end: End) -> Iterable[str]:
    yield from (f"{place}: {one}" for place, said in end.said.items() for one in said)
    yield from end.facts


def _disordered(expected: Sequence[str], found: Sequence[str]) -> bool:
    """Whether what both have comes in another order; of what is doubled, the first counts."""
    common = set(expected) & set(found)
    first = list(dict.fromkeys(one for one in found if one in common))
    return first != list(dict.fromkeys(one for one in expected if one in common))
