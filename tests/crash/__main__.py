"""The full attack: the bridge dies at every await and at every commit, and is started again.

A line says how many `points` there are, how many of them were `alike` to the last that was tried,
and how many `crashes` there were, a second one in the recovery included; `events` is what was said
in all of these together. For each failure it prints the command that repeats just that one: with
the name of the scenario, and the points at which the bridge died. The exit code is 1 if anything
went wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import time
from collections.abc import Sequence

import structlog

from bridgekit.testing.crash import (
    Attack,
    Choice,
    Point,
    Report,
    and_again,
    at_commits,
    either,
    everywhere,
    repeat,
    sample,
)
from tests.crash.scenarios import SCENARIOS, SECRET, Attacked

VARIANTS = 0.1  # of the awaits, beside every commit, where a play is on another network once more
IN_SECRET = 0.03  # of all points, where it is in an encrypted room once more
AGAIN = 0.0001  # how likely the bridge dies once more at a point of its recovery, at the least
SEED = 5
COMMAND = "python -m tests.crash"
_WHAT = "scenario, play or profile"


def main(words: Sequence[str]) -> int:
    """What the command line asks for; the exit code."""
    words = _asked(words)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    points = [Point.parse(word) for word in words if "#" in word]
    names = {word for word in words if "#" not in word}
    chosen = [one for one in SCENARIOS if not names or names & _names(one)]
    if unknown := names.difference(*map(_names, SCENARIOS)):
        sys.exit(f"There is no {_WHAT} named {', '.join(sorted(unknown))}; there are,\n{_known()}")
    if points and len(chosen) != 1:
        sys.exit("Points are of one scenario: name it before them")
    return _once(chosen[0], points) if points else _everywhere(chosen)


def _asked(words: Sequence[str]) -> Sequence[str]:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(COMMAND, None, __doc__, _known(), formatter_class=form)
    only = f"only these: a {_WHAT}; points after the name of one scenario: only that case"
    parser.add_argument("words", nargs="*", metavar="NAME", help=only)
    chosen: list[str] = parser.parse_args(words).words
    return chosen


def _known() -> str:
    """What can be named; a scenario is a play on a network of a profile."""
    plays: dict[str, list[str]] = {}
    for one in SCENARIOS:
        plays.setdefault(one.play, []).append(one.profile)
    said = ", ".join(f"{play} ({' '.join(profiles)})" for play, profiles in plays.items())
    text = f"plays, and in brackets the profiles of each (`talk-plain` is a scenario): {said}"
    return textwrap.fill(text, 78, break_on_hyphens=False)


def _names(scenario: Attacked) -> set[str]:
    return {scenario.name, scenario.play, scenario.profile}


def _once(scenario: Attacked, points: Sequence[Point]) -> int:
    verdict = repeat(scenario, points)
    for line in verdict.lines():
        _say(line)
    return int(not verdict.good)


def _everywhere(scenarios: Sequence[Attacked]) -> int:
    began = time.monotonic()
    whole = Report()
    for scenario in scenarios:
        report = Attack(scenario, and_again(_where(scenario), AGAIN, SEED)).run()
        _show(report)
        whole.add(report)
    _show(whole)
    spent = sum(os.times()[:4])  # of this process and of all that it waited for
    _say(f"took {time.monotonic() - began:.0f} s, {spent:.0f} s of processor time")
    return int(bool(whole.bad))


def _where(scenario: Attacked) -> Choice:
    """Everywhere; a play that is attacked so on a network that can be searched, less on others.

    One of a plain room, in an encrypted one, still less.
    """
    profiles = {one.profile for one in SCENARIOS if one.play == scenario.play}
    if scenario.profile in SECRET and not profiles <= SECRET.keys():
        return sample(IN_SECRET, SEED)
    if scenario.profile == "searchable" or "searchable" not in profiles:
        return everywhere
    return either(at_commits, sample(VARIANTS, SEED))


def _show(report: Report) -> None:
    numbers = ", ".join(f"{count} {name}" for name, count in report.numbers.items() if name)
    _say(f"{report.name:24} {numbers}")
    if report.name != Report().name:
        for line in report.story(COMMAND):
            _say(line)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
