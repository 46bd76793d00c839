"""The full attack: the bridge dies at every await and at every commit, and is started again.

A row has the `points` at which it can die. Of these some are `alike` to the last that was tried,
and some `left out` by sampling. `crashes` were tried, a second one in the recovery included;
`events` is what was said in all of these together, `undecided` what did not arrive while whoever
it concerns was told. For each failure it prints the command that repeats just that one: the name of
the scenario, and the points at which the bridge died. Such a point is `FILE:FUNCTION:LINE(done)#3`:
where a task waits, in brackets how far what it gave to a thread is, and how many times that had
been so since the bridge was started. The exit code is 1 if
anything went wrong, 2 if what is asked for is not there.
"""

from __future__ import annotations

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
    Unreached,
    and_again,
    at_commits,
    either,
    everywhere,
    repeat,
    sample,
    unless,
)
from tests.command_line import BROKEN_OFF, broken_off, parser_of, refuse, say
from tests.crash.scenarios import SCENARIOS, SECRET, Attacked

VARIANTS = 0.1  # of the awaits, beside every commit, where a play is on another network once more
IN_SECRET = 0.03  # of all points, where it is in an encrypted room once more
AGAIN = 0.0001  # how likely the bridge dies once more at a point of its recovery, at the least
SEED = 5
COMMAND = "python -m tests.crash"
NOT_THERE = 2
_COLUMNS = ("points", "alike", "left out", "crashes", "events", "undecided")
_HEAD = f"{'scenario':<30} {' '.join(_COLUMNS)}"
_WRONG = ("lost", "doubled", "out of order", "trouble")
_WHAT = "scenario, play or profile"


def main(words: Sequence[str]) -> int:
    """What the command line asks for; the exit code."""
    scenarios, points = _asked(words)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    return _once(scenarios[0], points) if points else _everywhere(scenarios)


def _asked(words: Sequence[str]) -> tuple[Sequence[Attacked], Sequence[Point]]:
    parser = parser_of(COMMAND, __doc__, _known())
    only = f"only these: a {_WHAT}; points after the name of one scenario: only that case"
    parser.add_argument("words", nargs="*", metavar="NAME", help=only)
    asked: list[str] = parser.parse_args(words).words
    names = {word for word in asked if "#" not in word}
    if unknown := names.difference(*map(_names, SCENARIOS)):
        refuse(parser, f"there is no {_WHAT} named {', '.join(sorted(unknown))}")
    chosen = [one for one in SCENARIOS if not names or names & _names(one)]
    try:
        points = [Point.parse(word) for word in asked if "#" in word]
    except ValueError as error:
        parser.error(str(error))
    if points and len(chosen) != 1:
        parser.error("points are of one scenario: name it before them")
    return chosen, points


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
    try:
        verdict = repeat(scenario, points)
    except Unreached as error:
        say(f"{scenario.name}: {error}")
        return NOT_THERE
    say(*(verdict.lines() or [f"{scenario.name}: it ends as if the bridge had not died"]))
    return int(not verdict.good)


def _everywhere(scenarios: Sequence[Attacked]) -> int:
    began, whole, tried = time.monotonic(), Report(), 0
    say(_HEAD)
    with broken_off() as pressed:
        for scenario in scenarios:
            where = unless(pressed, and_again(_where(scenario), AGAIN, SEED))
            report = Attack(scenario, where).run()
            if pressed.is_set():
                break  # what it would have found is not known
            tried += 1
            whole.add(report)
            say(_row(report), *report.story(COMMAND))
    numbers = whole.numbers
    wrong = ", ".join(f"{numbers[name]} {name}" for name in _WRONG)
    spent = sum(os.times()[:4])  # of this process and of all that it waited for
    say(_row(whole), f"{wrong}; {numbers['undecided']} undecided, each told")
    say(f"took {time.monotonic() - began:.0f} s, {spent:.0f} s of processor time")
    if tried < len(scenarios):
        say(f"broken off: only {tried} of {len(scenarios)} scenarios were tried")
        return BROKEN_OFF
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


def _row(report: Report) -> str:
    numbers = report.numbers
    return " ".join([f"{report.name:<30}", *(f"{numbers[one]:>{len(one)}}" for one in _COLUMNS)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
