"""What `make fuzz` says of itself."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

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
    assert counted == f"0 suites failed; of 4 {4 - len(left)} were begun"
    names = " ".join(f"tests/test_{name}.py" for name in left)
    assert named == ([f"not begun, give it more time: {names}"] if left else [])
