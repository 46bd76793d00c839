"""The pytest plug-in: what an adapter keeps of the contract, as a table for its README.

It is loaded in every run of pytest where the package is installed. So it needs nothing of the
package; Python loads the public face with it all the same, which costs some 30 ms.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_REPORT = "--bridgekit-report"
_TERMINAL = "-"
_NAMED, _OWED = "bridgekit_obligation", "bridgekit_obligations"
_KEPT = pytest.StashKey["Kept"]()
_LONGEST = 120
_YES, _NO, _SKIPPED, _UNPLAYED = "yes", "**no**: ", "- ", "not run"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("matrix-bridgekit", "the contract of adapters")
    group.addoption(
        _REPORT,
        metavar="FILE",
        help="write what each adapter keeps of the contract as Markdown; - for the terminal",
    )
    group.addoption(
        "--bridgekit-crashes",
        metavar="SHARE",
        type=float,
        help="at what share of the awaits of the core the bridge is to die, 1 for all (default: "
        "0.1, or what the class says); where code of the adapter waits it always does",
    )
    group.addoption(
        "--bridgekit-crash-at",
        metavar="POINT",
        help="have the bridge die there and nowhere else: a point that a failure has named",
    )


@dataclass(slots=True)
class Kept:
    """Of each tested class, by its node ID, and of each obligation: whether it is kept, or not run.

    Where one is tried several times, a failure stands, whatever comes before or after it.
    """

    names: dict[str, str] = field(default_factory=dict)
    results: dict[str, dict[str, str]] = field(default_factory=dict)

    def note(self, node: str, name: str, obligation: str, report: pytest.TestReport) -> None:
        self.names[node] = name
        owed = dict.fromkeys(report.__dict__.get(_OWED, ()), _UNPLAYED)
        results = self.results.setdefault(node, owed)
        before, result = results.get(obligation, ""), _result(report)
        if before.startswith(_NO) or (before == _YES and result.startswith(_SKIPPED)):
            return
        results[obligation] = result

    def table(self) -> str:
        """In Markdown."""
        lines: list[str] = []
        for node, results in self.results.items():
            kept = sum(result == _YES for result in results.values())
            skipped = sum(result.startswith(_SKIPPED) for result in results.values())
            unplayed = sum(result == _UNPLAYED for result in results.values())
            played = len(results) - skipped - unplayed
            rest = f", {unplayed} were not run" if unplayed else ""
            lines += [
                f"### {self._title(node)}",
                "",
                f"{kept} of {played} kept, {skipped} do not apply{rest}.",
                "",
                "| Obligation | Kept |",
                "|---|---|",
                *(f"| {_cell(name)} | {_cell(result)} |" for name, result in results.items()),
                "",
            ]
        return "\n".join(lines)

    def _title(self, node: str) -> str:
        """The name of the class; where several are called so, with its file."""
        name = self.names[node]
        alone = list(self.names.values()).count(name) == 1
        return name if alone else f"{name} ({node.partition('::')[0]})"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KEPT] = Kept()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    cls: Any = getattr(item, "cls", None)
    within = item.getparent(pytest.Class)
    if hasattr(cls, "obligation_of") and isinstance(item, pytest.Function) and within is not None:
        # On the report, which is what comes back from another process (pytest-xdist).
        name, obligation = cls.__name__.removeprefix("Test"), cls.obligation_of(item.function)
        report.__dict__[_NAMED] = [within.nodeid, name, obligation]
        if item.config.getoption(_REPORT) is not None:
            report.__dict__[_OWED] = _owed(cls)
    return report


@cache
def _owed(cls: Any) -> list[str]:
    """All that a class would show if all of it were run, in that order."""
    names = dict.fromkeys(name for one in reversed(cls.__mro__) for name in vars(one))
    tests = (getattr(cls, name) for name in names if name.startswith("test"))
    return [cls.obligation_of(test) for test in tests if callable(test)]


class _Listener:
    """Hears of the end of each test."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        named = report.__dict__.get(_NAMED)
        if named is not None and (report.when == "call" or not report.passed):
            node, name, obligation = named
            self._kept.note(node, name, obligation, report)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Where the table is to go is tried first: not when all has been played."""
    target = session.config.getoption(_REPORT)
    try:
        if target not in (None, _TERMINAL):
            Path(target).open("a", encoding="utf-8").close()
    except OSError as error:
        raise pytest.UsageError(
            f"{_REPORT}: {target} cannot be written ({error.strerror}); name a file in a folder "
            "that is there, or - for the terminal."
        ) from error
    session.config.pluginmanager.register(_Listener(session.config.stash[_KEPT]))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Where the table goes."""
    target, kept = config.getoption(_REPORT), config.stash[_KEPT]
    if target is None or not kept.results:
        return
    if target == _TERMINAL:
        terminalreporter.section("what is kept of the contract")
        terminalreporter.write_line(kept.table())
    else:
        Path(target).write_text(kept.table(), "utf-8")
        terminalreporter.write_line(f"what is kept of the contract: {target}")


def _result(report: pytest.TestReport) -> str:
    if report.failed or hasattr(report, "wasxfail"):  # a failure that is expected is one
        return _YES if report.passed else f"{_NO}{_first_line(report)}"
    return f"{_SKIPPED}{_reason(report)}" if report.skipped else _YES


def _reason(report: pytest.TestReport) -> str:
    place: Any = report.longrepr
    why = place[2] if isinstance(place, tuple) else str(place)
    return why.removeprefix("Skipped: ")


def _first_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    message = (crash.message if crash else str(report.longrepr)).splitlines()[0]
    words = message.partition("Broken: ")[2] or message
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def _cell(text: str) -> str:
    """What may stand in a table: one line, without the sign that parts cells."""
    return " ".join(text.split()).replace("|", "\\|")
