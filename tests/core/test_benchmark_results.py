"""What a run leaves: what it measured, beside the last one that came to its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as run
from benchmarks.course import Course
from benchmarks.entrants.known import ECHO

RATE = "to_matrix/50/messages_per_s"


@pytest.mark.parametrize("ended", [ValueError, KeyboardInterrupt])
def test_whatever_ends_a_run_what_it_measured_is_written_beside_the_last_whole_one(
    ended: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Course):
        async def run(self) -> None:
            self.record.add(ECHO, 0, {RATE: 7.0})
            raise ended

    monkeypatch.setattr(run, "Course", Broken)
    (tmp_path / "results.json").write_text("whole")
    out = ["--out", str(tmp_path), "--tiny", "--entrants", ECHO, "--seed", "4"]
    with pytest.raises(ended):
        run.measure(run.options_of().parse_args(out), tmp_path)
    assert (tmp_path / "results.json").read_text() == "whole"
    document = json.loads((tmp_path / "broken-off.json").read_text("utf-8"))
    assert document["figures"][RATE][ECHO]["median"] == 7.0
    assert (document["seed"], document["machine"]["cpus"] > 0) == (4, True)
    assert document["date"].endswith("+00:00")
    assert document["commit"] is None or len(document["commit"].rstrip("+")) == 40


def test_a_run_that_measured_nothing_takes_the_place_of_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Empty(Course):
        async def run(self) -> None:
            self.record.failed.append("bridge: start, round 1: gone")

    monkeypatch.setattr(run, "Course", Empty)
    out = ["--out", str(tmp_path), "--tiny", "--entrants", ECHO]
    assert run.measure(run.options_of().parse_args(out), tmp_path) == 1
    assert "Nothing was measured, so nothing is written." in capsys.readouterr().out
    assert not list(tmp_path.glob("*.json"))


def test_a_folder_that_cannot_be_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    (tmp_path / "file").touch()
    monkeypatch.setattr("sys.argv", ["benchmarks", "--out", str(tmp_path / "file" / "more")])
    with pytest.raises(SystemExit, match="2"):
        run.main()
    assert capsys.readouterr().err.endswith("cannot be made: Not a directory\n")
