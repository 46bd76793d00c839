"""What went wrong in a case is told with what happened in it; numbers are sums of all cases."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bridgekit.clock import Clock
from bridgekit.testing.crash import Attack, Point, Report, sample
from tests.command_line import broken_off
from tests.crash.toy import Toy


class Storied(Toy):
    """It tells what happened where something is wrong, and that is once the bridge has died."""

    bridges = 0

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[Toy]:
        try:
            async with super().world(folder, clock) as toy:
                yield toy
        except LookupError as error:
            error.add_note("What happened:\nthe toy broke")
            raise

    def bridge(self, folder: Path) -> Toy:
        self.bridges += 1
        return super().bridge(folder)

    async def play(self) -> None:
        await super().play()
        if self.bridges > 1:
            raise LookupError("something never happens")


def test_what_a_scenario_raises_after_a_death_comes_with_its_story():
    first = Attack(Storied(), code=[Path(__file__).parent]).run().bad[0]
    assert first.verdict.trouble[0].startswith("LookupError: something never happens")
    assert first.story == ["What happened:", "the toy broke"]


def test_each_point_is_tried_or_alike_or_left_out() -> None:
    report = Attack(Toy(), sample(0.5, 1), code=(Path(__file__).parent,)).run()
    numbers = report.numbers
    assert numbers["left out"] > 0
    assert numbers["points"] == numbers["alike"] + numbers["left out"] + numbers["crashes"]


def test_who_breaks_an_attack_off_waits_for_no_more_of_it() -> None:
    """Only the run goes on to its end in which nobody dies."""
    crashed = []

    class Choice:
        def __call__(self, crashes: Sequence[Point], _: Point) -> bool:
            if crashes:
                return False
            crashed.append(1)
            if len(crashed) == 3:
                signal.raise_signal(signal.SIGINT)
            return not pressed.is_set()

        def over(self, crashes: Sequence[Point]) -> bool:
            return bool(crashes)

    with broken_off() as pressed:
        report = Attack(Toy(), Choice(), code=(Path(__file__).parent,)).run()
    assert pressed.is_set()
    assert len(report.cases) == 2 < len(crashed)


def test_a_process_in_which_the_bridge_died_ends_at_once_if_it_is_broken_off() -> None:
    class Choice:
        def __call__(self, crashes: Sequence[Point], _: Point) -> bool:
            return not crashes

        def over(self, crashes: Sequence[Point]) -> bool:
            if crashes:
                signal.raise_signal(signal.SIGINT)
            return False

    report = Attack(Toy(), Choice(), code=(Path(__file__).parent,)).run()
    told = {line for case in report.bad for line in case.verdict.lines()}
    assert told == {"trouble: its process ended with -2: it broke"}


def test_what_is_said_in_all_runs_is_their_sum() -> None:
    report, whole = Attack(Toy(), code=(Path(__file__).parent,)).run(), Report()
    said = Toy().events * len(report.cases)
    for _ in range(3):
        whole.add(report)
    assert report.numbers["events"] == said > 0
    assert whole.numbers["events"] == 3 * said
