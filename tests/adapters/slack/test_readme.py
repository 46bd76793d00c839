"""The README names a test for each thing that it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
README = (ROOT / "bridges" / "slack" / "README.md").read_text(encoding="utf-8")
ROWS = [
    line
    for section in README.partition("## What becomes of what")[2]
    .partition("## Rehearsal")[0]
    .split("###")
    for line in section.splitlines()
    if line.startswith("| ") and "Shown by" not in line
]
CONTRACT = ROOT / "bridgekit" / "testing" / "contract"


def source(file: str) -> str:
    found = (HERE / f"{file}.py").read_text(encoding="utf-8")
    if file == "test_contract":
        found += "".join(one.read_text(encoding="utf-8") for one in CONTRACT.glob("*.py"))
    return found


def test_there_are_rows() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_row_names_tests_that_there_are(row: str) -> None:
    named = re.findall(r"`([\w/]+)::(\w+)`", row)
    assert named
    for file, test in named:
        assert re.search(rf"(def|class) {test}\b", source(file)), f"{file}::{test}"
