"""The tables of an earlier run are shown again, and put into the page that reports it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import show
from benchmarks.entrants.known import BRIDGE, DURABLE_CEILING
from benchmarks.record import Record
from benchmarks.scale import FULL

PAGE = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text("utf-8")
RATE = "to_matrix/50/messages_per_s"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    record = Record(FULL, commit="c0ffee")
    for round_ in range(5):
        for name, rate in (("peer", 7.0), (BRIDGE, 431.0), (DURABLE_CEILING, 1000.0)):
            record.add(name, round_, {RATE: rate})
    document = record.document(rounds=5, scale="full", seconds=1.0, seed=1)
    file = tmp_path / "results.json"
    file.write_text(json.dumps(document), "utf-8")
    return file


def _asked(monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr("sys.argv", ["show", *map(str, words)])
    assert show.main() == 0


def _refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> str:
    """The reason."""
    monkeypatch.setattr("sys.argv", ["show", *map(str, words)])
    with pytest.raises(SystemExit, match="2"):
        show.main()
    return capsys.readouterr().err.splitlines()[-1]


def test_a_run_is_shown_again_with_where_and_when_it_was(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _asked(monkeypatch, results)
    said = capsys.readouterr().out
    assert "commit c0ffee" in said
    row = next(line for line in said.splitlines() if "50 channels" in line)
    assert row.split()[4:7] == ["1000", "431", "7"]


def test_the_page_has_a_place_for_it_and_nothing_else_of_it_changes(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, "utf-8")
    for _ in range(2):  # what an earlier run left is replaced
        _asked(monkeypatch, results, "--into", page)
    text = page.read_text("utf-8")
    assert text.count("c0ffee") == 1
    assert text.partition(show.BEGIN)[0] == PAGE.partition(show.BEGIN)[0]
    assert text.partition(show.END)[2] == PAGE.partition(show.END)[2]


def test_a_page_without_that_place_stays_as_it_is(
    results: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n")
    assert "the page lacks" in _refused(monkeypatch, capsys, results, "--into", page)
    assert page.read_text() == "# A page\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file or directory"),
        ("{", "Expecting property name"),
        ("[]", "has no results of a run"),
        ('{"date": "today"}', "has no results of a run: KeyError('machine')"),
    ],
)
def test_results_that_are_none_are_refused_in_a_sentence(
    text: str | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "results.json"
    if text is not None:
        file.write_text(text)
    assert said in _refused(monkeypatch, capsys, file)
