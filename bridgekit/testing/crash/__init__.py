"""Crash injection: a scenario is run once for every place at which the bridge can die."""

from bridgekit.testing.crash.attack import Attack, Unreached, repeat
from bridgekit.testing.crash.choice import (
    Choice,
    and_again,
    at_commits,
    either,
    everywhere,
    exactly,
    nowhere,
    sample,
    unless,
    wherever,
)
from bridgekit.testing.crash.loop import CrashLoop, LoopClock, Standstill
from bridgekit.testing.crash.matrix_end import Allowed, MatrixEnd
from bridgekit.testing.crash.points import Point
from bridgekit.testing.crash.report import Case, Report
from bridgekit.testing.crash.run import Ended
from bridgekit.testing.crash.scenario import End, Scenario, World
from bridgekit.testing.crash.verdict import Verdict, judge, within

__all__ = [
    "Allowed",
    "Attack",
    "Case",
    "Choice",
    "CrashLoop",
    "End",
    "Ended",
    "LoopClock",
    "MatrixEnd",
    "Point",
    "Report",
    "Scenario",
    "Standstill",
    "Unreached",
    "Verdict",
    "World",
    "and_again",
    "at_commits",
    "either",
    "everywhere",
    "exactly",
    "judge",
    "nowhere",
    "repeat",
    "sample",
    "unless",
    "wherever",
    "within",
]
