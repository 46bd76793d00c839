"""The contract: the bridge dies anywhere, comes back, and both sides end as they should."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from bridgekit.adapter import Adapter
from bridgekit.configuration.plugins import yielded
from bridgekit.testing.contract.conversation import Conversation
from bridgekit.testing.contract.folding import folded
from bridgekit.testing.contract.scenario import Subject, stage_of
from bridgekit.testing.contract.story import HEAD, Broken
from bridgekit.testing.contract.timing import Time, play
from bridgekit.testing.crash import (
    Attack,
    Case,
    Choice,
    Point,
    either,
    exactly,
    sample,
    wherever,
)

OPTION, AT = "--bridgekit-crashes", "--bridgekit-crash-at"
_SEED = 3
_OURS = frozenset({"bridgekit"})
_EXAMPLE = "bridgekit.testing.loopback"  # of ours, and an adapter as any other
_SILENT = 50
_LISTED = 20  # cases of which each gets a line


class Crashing:
    """What is shown is `kill -9`, not a loss of power."""

    def test_a_crash_at_any_await_changes_no_end(
        self: Subject, request: pytest.FixtureRequest
    ) -> None:
        """A crash at every await of the adapter, and at many of the core, changes no end."""
        if self.sockets:
            pytest.skip("crashes are played in memory: the network needs sockets or threads")
        asked, at = (request.config.getoption(option, None) for option in (OPTION, AT))
        share = self.crashes if asked is None else float(asked)
        choice = _choice(share) if at is None else exactly([_point(at)])
        play(partial(_ends, self), sockets=False)
        with _silence():
            report = Attack(Conversation(self), choice, code=code_of(self.adapter)).run()
        if report.bad:
            raise _broken(report.bad)
        if at is not None and not report.cases:
            raise Broken(f"The bridge was never at {at}: your code has changed since.")


async def _ends(subject: Subject, time: Time) -> None:
    """`Broken` if it never does: among a thousand deaths nobody would see why."""
    async with stage_of(subject, time) as stage:
        await stage.start()
        await stage.quiet()


def code_of(adapter: type[Adapter[Any]]) -> list[Path]:
    """Where the code of an adapter is: the packages of its classes, and of its clients'."""
    kinds = [adapter, *filter(None, yielded(adapter))]
    names = {_package(one.__module__) for kind in kinds for one in kind.__mro__}
    modules = [sys.modules[name] for name in sorted(names - sys.stdlib_module_names - _OURS)]
    found = (getattr(one, "__path__", None) or [one.__file__] for one in modules)
    return sorted({Path(path) for paths in found for path in paths if path})


def _package(module: str) -> str:
    return _EXAMPLE if f"{module}.".startswith(f"{_EXAMPLE}.") else module.partition(".")[0]


def _choice(share: float) -> Choice:
    """Once: at every point of the adapter's, and at so many of the others."""
    return either(wherever(lambda point: point.own), sample(share, _SEED))


def _point(text: str) -> Point:
    try:
        return Point.parse(text)
    except ValueError as error:
        raise pytest.UsageError(f"{AT}: {text!r} is no point; copy one of a failure.") from error


def _broken(bad: Sequence[Case]) -> Broken:
    """Of all that went wrong, the first; with its story, and how to see it alone."""
    first = bad[0]
    cases = "1 case" if len(bad) == 1 else f"{len(bad)} cases"
    error = Broken(
        f"In {cases} the end is not as it should be. The first: the bridge died at "
        f"{_where(first)}.\n" + "\n".join(first.verdict.lines())
    )
    error.add_note("\n".join([HEAD, *folded([line for line in first.story if line != HEAD])]))
    listed = [f"  {_where(one)}: {'; '.join(one.verdict.lines())}" for one in bad[:_LISTED]]
    more = [f"  and {len(bad) - _LISTED} more"] if len(bad) > _LISTED else []
    error.add_note("\n".join(["Where the bridge died, and what came of it:", *listed, *more]))
    if first.crashes:
        error.add_note(f"This one again, alone: pytest -k crash {AT} '{first.crashes[0]}'")
    return error


def _where(case: Case) -> str:
    return " and then ".join(case.crashes) or "nowhere"


@contextmanager
def _silence() -> Iterator[None]:
    """Thousands of bridges have nothing to log."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_SILENT))
    try:
        yield
    finally:
        structlog.configure(**before)
