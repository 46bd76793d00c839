"""The contract: the bridge dies anywhere, comes back, and both sides end as they should."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from bridgekit.adapter import Adapter
from bridgekit.configuration.plugins import yielded
from bridgekit.testing.contract.conversation import Conversation
from bridgekit.testing.contract.scenario import Subject
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.crash import Attack, Case, Choice, Point, everywhere, sample

OPTION = "--bridgekit-crashes"
SHARE = 0.1  # of the points in the core; its own tests try them all
_SEED = 3
_OURS = frozenset({"bridgekit"})
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
        with _silence():
            attack = Attack(Conversation(self), _choice(share), code=code_of(self.adapter))
            report = attack.run()
        if report.bad:
            raise _broken(report.bad)


def code_of(adapter: type[Adapter[Any]]) -> list[Path]:
    """Where the code of an adapter is: the packages of its classes, and of its clients'."""
    kinds = [adapter, *filter(None, yielded(adapter))]
    names = {one.__module__.partition(".")[0] for kind in kinds for one in kind.__mro__}
    modules = [sys.modules[name] for name in sorted(names - sys.stdlib_module_names - _OURS)]
    found = (getattr(one, "__path__", None) or [one.__file__] for one in modules)
    return sorted({Path(path) for paths in found for path in paths if path})


def _choice(share: float) -> Choice:
    """Once: at every point of the adapter's, and at so many of the others."""
    others = sample(share, _SEED)

    def choice(crashes: Sequence[Point], point: Point) -> bool:
        return everywhere(crashes, point) if point.own else others(crashes, point)

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
