"""What went wrong in a case is told with what happened in it; numbers are sums of all cases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridgekit.clock import Clock
from bridgekit.testing.crash import Attack, Report
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


def test_what_is_said_in_all_runs_is_their_sum() -> None:
    report, whole = Attack(Toy(), code=(Path(__file__).parent,)).run(), Report()
    said = Toy().events * len(report.cases)
    for _ in range(3):
        whole.add(report)
    assert report.numbers["events"] == said > 0
    assert whole.numbers["events"] == 3 * said
