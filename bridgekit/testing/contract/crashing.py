"""The contract, part 6: the bridge dies anywhere, comes back, and both sides end as they should."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from bridgekit.testing.contract.conversation import Conversation
from bridgekit.testing.contract.scenario import Subject
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.crash import Attack, Case, Choice, Point, everywhere, sample
from bridgekit.testing.crash.points import ROOT

OPTION = "--bridgekit-crashes"
SHARE = 0.1  # of the points in the core; its own tests try them all
_SEED = 3
_SILENT = 50


class Crashing:
    """What is shown is `kill -9`, not a loss of power."""

    def test_a_crash_at_any_await_changes_no_end(
        self: Subject, request: pytest.FixtureRequest
    ) -> None:
        """A crash at every await of the adapter, and at many of the core, changes no end."""
        if self.sockets:
            pytest.skip("crashes are played in memory: the network needs sockets or threads")
        asked = request.config.getoption(OPTION, None)
        share = SHARE if asked is None else float(asked)
        folder = Path(inspect.getfile(self.adapter)).parent
        with _silence():
            attack = Attack(Conversation(self), _choice(folder, share), code=[folder])
            report = attack.run()
        if report.bad:
            raise _broken(report.bad)


def _choice(folder: Path, share: float) -> Choice:
    """Once: at every point of the adapter's, and at so many of the others."""
    own, others = str(folder).removeprefix(f"{ROOT}/"), sample(share, _SEED)

    def choice(crashes: Sequence[Point], point: Point) -> bool:
        if any(line.startswith(own) for line in point.where.split(">")):
            return everywhere(crashes, point)
        return others(crashes, point)

    return choice


def _broken(bad: Sequence[Case]) -> Broken:
    """Of all that went wrong, the first; with its story."""
    first = bad[0]
    where = " and then ".join(first.crashes) or "nowhere"
    error = Broken(
        f"In {len(bad)} cases the end is not as it should be. The first: the bridge died at "
        f"{where}.\n" + "\n".join(first.verdict.lines())
    )
    error.add_note("\n".join(["What happened:", *first.story]))
    return error


@contextmanager
def _silence() -> Iterator[None]:
    """Thousands of bridges have nothing to log."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_SILENT))
    try:
        yield
    finally:
        structlog.configure(**before)
