"""The course of a run: every step in rounds, in each round every entrant once; what it says."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import assert_never

from benchmarks.entrants.known import BRIDGE, OURS
from benchmarks.entrants.setting import Entrant
from benchmarks.plan import Step, Turns
from benchmarks.record import Record
from benchmarks.rows import FAULTS

Turn = tuple[Entrant, int]
"""In which round."""


@dataclass(slots=True)
class Course:
    """Of these steps and entrants. `folder` is for what they leave while they are at work."""

    steps: Sequence[Step]
    entrants: Sequence[Entrant]
    rounds: int
    folder: Path
    record: Record
    _began: float = field(default_factory=time.monotonic)
    _given_up: set[tuple[str, str]] = field(default_factory=set)

    async def run(self) -> None:
        waves = [(step, self._waves(step)) for step in self.steps]
        expected = {step.name: step.seconds * len(turns) for step, turns in waves}
        _say(f"About {_minutes(sum(expected.values()))} min where nothing else runs:")
        _say("\n".join(f"{_minutes(of):>6} min  {name}" for name, of in expected.items()))
        for step, turns in waves:
            began = time.monotonic()
            try:
                for wave in turns:
                    async with asyncio.TaskGroup() as group:
                        for entrant, round_ in wave:
                            group.create_task(self._turn(step, entrant, round_))
            finally:
                self.record.took[step.name] = round(time.monotonic() - began, 1)

    def _waves(self, step: Step) -> list[list[Turn]]:
        """Turns that are taken at the same time are in one wave."""
        taking = [entrant for entrant in self.entrants if step.takes_part(entrant)]
        if not taking:
            return []
        # Who is first in one round is last in the next: what comes before leaves its traces.
        orders = [deque(taking) for _ in range(self.rounds)]
        for number, order in enumerate(orders):
            order.rotate(-number)
        rounds = [[(entrant, n) for entrant in order] for n, order in enumerate(orders)]
        match step.turns:
            case Turns.ONE:
                return [[turn] for turn in chain(*rounds)]
            case Turns.ROUND:
                return rounds
            case Turns.ALL:
                return [list(chain(*rounds))]
            case _:
                assert_never(step.turns)

    async def _turn(self, step: Step, entrant: Entrant, round_: int) -> None:
        if (step.name, entrant.name) in self._given_up:
            return
        began = time.monotonic()
        number = self.steps.index(step)
        work = self.folder / f"{number}-{round_}-{entrant.name}"
        well = await self._measured(step, entrant, work, round_)
        if entrant.name == BRIDGE:
            self.record.asked.update(step.keys)
        if not well and (work / "entrant.log").exists():
            shutil.copy(work / "entrant.log", f"{self.folder.parent / work.name}.log")
        shutil.rmtree(work, ignore_errors=True)
        now = time.monotonic()
        took = f"{now - began:.0f} s{'' if well else '; its log is kept'}"
        of = f"{step.name}, round {round_ + 1} of {self.rounds}: {entrant.name} ({took})"
        _say(f"{_minutes(now - self._began):>4} min  {of}")

    async def _measured(self, step: Step, entrant: Entrant, work: Path, round_: int) -> bool:
        """Whether it got through, and lost nothing. One of ours that does not get there fails."""
        try:
            figures = await step.measure(entrant, work, round_)
        except Exception as error:  # noqa: BLE001 (whatever it is, what else is measured counts)
            why = str(error) or type(error).__name__
            self._fail(step, entrant, round_, why)
            return False
        self.record.add(entrant.name, round_, figures)
        if step.essential and step.essential not in figures:
            self._given_up.add((step.name, entrant.name))
            if entrant.name in OURS:
                self._fail(step, entrant, round_, f"{step.essential} was not reached in time")
                return False
        faults = [value for key, value in figures.items() if key.rpartition("/")[2] in FAULTS]
        return not any(faults)

    def _fail(self, step: Step, entrant: Entrant, round_: int, why: str) -> None:
        self.record.failed.append(f"{entrant.name}: {step.name}, round {round_ + 1}: {why}")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
