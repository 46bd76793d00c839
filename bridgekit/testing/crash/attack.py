"""Runs a scenario once, and forks at each of its points into a process in which the bridge dies.

So every case starts from exactly the state in which the undisturbed run was at that point, and
costs no more than what comes after it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import shutil
import signal
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from bridgekit.testing.crash.choice import Choice, everywhere, exactly
from bridgekit.testing.crash.points import Point
from bridgekit.testing.crash.report import Case, Report
from bridgekit.testing.crash.run import Run
from bridgekit.testing.crash.scenario import End, Scenario
from bridgekit.testing.crash.verdict import Verdict, judge
from bridgekit.testing.memory import memory

_HUNG = 120  # seconds of real time


class Unreached(LookupError):  # noqa: N818 (a finding)
    """The bridge never came to a point at which it was to die."""


class Attack:
    """`choice` says where the bridge dies; `jobs` is how many processes run at once.

    `code` are folders and files of an adapter: its points count, too, and are its `own`.
    """

    def __init__(
        self,
        scenario: Scenario,
        choice: Choice = everywhere,
        *,
        jobs: int | None = None,
        code: Sequence[Path] = (),
    ) -> None:
        self._scenario, self._choice, self._code = scenario, choice, code
        self._jobs = jobs or os.cpu_count() or 1
        self._running: list[tuple[int, Path, list[Point]]] = []
        self._result = Path()  # of this process; those that it forks have names that begin so
        self._forks = 0
        self._forked = False
        self._traces: object = None  # of the last case
        self._alike = 0

    def run(self) -> Report:
        """What became of every case. Raises what an undisturbed run raises."""
        with _folder() as folder:
            results = folder / "results"
            results.mkdir()
            self._result = results / "case"
            gc.collect()
            gc.freeze()  # else the first collection of each process copies all of its memory
            try:
                run = Run(self._scenario, folder, self._dies, self._choice.over, self._code)
                expected = self._end(run)
                while self._running:
                    self._wait()
                return self._report(run, expected, results)
            finally:
                gc.unfreeze()

    def _end(self, run: Run) -> End:
        """The end of the undisturbed run; of a process that was forked, this is the end."""
        try:
            end = run.end()
        except BaseException as error:
            if self._forked:
                self._leave(run, error)
            raise
        if self._forked:
            self._leave(run, end)
        return end

    def _leave(self, run: Run, outcome: End | BaseException) -> NoReturn:
        """Whatever happens, no process that was forked goes on as a second one of its parent."""
        status = 1
        try:
            if isinstance(outcome, End):
                _write(self._result, run.crashes, end=asdict(outcome))
            else:
                told = "\n".join(getattr(outcome, "__notes__", ())).splitlines()
                _write(self._result, run.crashes, error=_where(outcome), story=told)
            shutil.rmtree(run.home, ignore_errors=True)
            status = 0
        finally:
            os._exit(status)

    def _dies(self, run: Run, point: Point) -> bool:
        """True in the process in which the bridge dies."""
        if not self._choice(run.crashes, point) or self._is_as_before(run):
            return False
        run.leave()
        loop = asyncio.get_running_loop()
        if not self._forked and len(self._running) >= self._jobs:
            self._wait()
        self._forks += 1
        result = self._result.with_name(f"{self._result.name}.{self._forks:06}")
        crashes = [*run.crashes, point]
        _write(result, crashes, error="its process left no result")
        process = os.fork()
        if process == 0:
            self._begin(loop, result)
            return True
        self._running.append((process, result, crashes))
        if self._forked:
            self._wait()
        return False

    def _is_as_before(self, run: Run) -> bool:
        """Whether a case has begun already from what a kill leaves here."""
        before, self._traces = self._traces, run.traces
        alike = not self._forked and before == self._traces
        self._alike += alike
        return alike

    def _begin(self, loop: asyncio.AbstractEventLoop, result: Path) -> None:
        """As a process that was just forked."""
        # asyncio takes care that no loop outlives a fork by accident. This one is meant to.
        asyncio._set_running_loop(loop)  # noqa: SLF001 (there is no other way)
        for number in (signal.SIGALRM, signal.SIGINT):  # whatever its parent does then
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(_HUNG)
        gc.disable()  # nothing of the bridge that died is taken apart, as that would run it
        self._running, self._forks = [], 0
        self._result, self._forked = result, True

    def _wait(self) -> None:
        process, result, crashes = self._running.pop(0)
        left = signal.alarm(0) if self._forked else 0  # who waits does not hang
        _, status = os.waitpid(process, 0)
        if left:
            signal.alarm(left)
        if status != 0:
            code = os.waitstatus_to_exitcode(status)
            why = "it hung" if code == -signal.SIGALRM else "it broke"
            _write(result, crashes, error=f"its process ended with {code}: {why}")

    def _report(self, run: Run, expected: End, results: Path) -> Report:
        """Each process that was forked has a result, be it that it left none."""
        scenario = self._scenario
        report = Report(scenario.name, points=run.points, alike=self._alike)
        if expected.trouble:
            verdict = Verdict(trouble=expected.trouble)
            report.cases.append(Case([], verdict, expected.story))
        for file in sorted(results.iterdir()):
            result = json.loads(file.read_text("utf-8"))
            if "error" in result:
                verdict = Verdict(trouble=[result["error"]])
                report.cases.append(Case(result["crashes"], verdict, result.get("story", ())))
            else:
                end = End(**result["end"])
                crashes = result["crashes"]
                verdict = judge(expected, end, len(crashes))
                report.cases.append(Case(crashes, verdict, end.story))
        report.events = scenario.events * len(report.cases)
        return report


def repeat(scenario: Scenario, points: Sequence[Point], code: Sequence[Path] = ()) -> Verdict:
    """What becomes of it if the bridge dies at these points.

    Raises `Unreached` if it never comes to one of them.
    """
    report = Attack(scenario, exactly(points), code=code).run()
    for case in report.cases:
        if len(case.crashes) == len(points):
            return case.verdict
    died = max((len(case.crashes) for case in report.cases), default=0)
    raise Unreached(f"the bridge was never at {points[died]}")


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="crash-", dir=memory()))
    owner = os.getpid()
    try:
        yield folder
    finally:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)


def _write(result: Path, crashes: Sequence[Point], **outcome: object) -> None:
    outcome["crashes"] = [str(point) for point in crashes]
    result.write_text(json.dumps(outcome), "utf-8")


def _where(error: BaseException) -> str:
    """What is wrong, and where the scenario was; its story, if it has one, tells that better."""
    if getattr(error, "__notes__", ()):
        return f"{type(error).__name__}: {error}"
    whole = traceback.TracebackException.from_exception(error)
    cause = whole.__cause__ or whole.__context__
    frames = [*(cause.stack if cause else ()), *whole.stack]
    where = " < ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames[-6:])
    because = f", from {cause}" if cause else ""
    return f"{type(error).__name__}: {error}{because} at {where}"
