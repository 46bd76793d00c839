"""What `make fuzz` says of itself."""

from __future__ import annotations

import itertools
import signal
from types import SimpleNamespace

import pytest

from tests.command_line import BROKEN_OFF
from tests.fuzz import __main__ as fuzz

SUITES = [fuzz.ROOT / "tests" / f"test_{name}.py" for name in "abcd"]


@pytest.mark.parametrize(("seconds", "left"), [(2.5, "cd"), (5, "")])
def test_what_there_was_no_time_for_is_named(seconds, left, monkeypatch, capsys):
    """A suite takes a second here."""
    clock = itertools.count()
    monkeypatch.setattr(fuzz, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(fuzz, "SUITES", SUITES)
    monkeypatch.setattr(fuzz, "rounds", lambda: ((suite, 1) for suite in SUITES * 9))
    monkeypatch.setattr(fuzz, "fails", lambda *_: "")
    monkeypatch.setattr("sys.argv", ["fuzz", "--seconds", str(seconds)])
    assert fuzz.main() == 0
    (counted, *named) = capsys.readouterr().out.splitlines()
    assert counted == f"0 suites failed; of 4 {4 - len(left)} were tried"
    names = [f"  tests/test_{name}.py" for name in left]
    assert named == (["not tried, give it more time:", *names] if left else [])


def test_who_breaks_it_off_is_told_what_is_known(monkeypatch, capsys):
    """The second suite is under way then, and what it would have found is not known."""

    def fails(suite, _seed):
        if suite == SUITES[1]:
            signal.raise_signal(signal.SIGINT)
            return "what a suite says that was broken off"
        return ""

    monkeypatch.setattr(fuzz, "SUITES", SUITES)
    monkeypatch.setattr(fuzz, "rounds", lambda: ((suite, 1) for suite in SUITES))
    monkeypatch.setattr(fuzz, "fails", fails)
    monkeypatch.setattr("sys.argv", ["fuzz"])
    assert fuzz.main() == BROKEN_OFF
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["broken off", "0 suites failed; of 4 1 were tried"]
    assert said[3:] == [f"  tests/test_{name}.py" for name in "bcd"]
