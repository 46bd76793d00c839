"""The report: a table to paste, and of what is broken the story."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = "long_text_from_the_network or what_is_said_on_matrix or an_edit_that_comes_before"
SUBJECT = """
from contextlib import asynccontextmanager

from bridgekit.testing.contract import AdapterContract
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake
from tests.contract.mutants import CutsText


class Deaf(LoopbackFake):
    kinds = frozenset()


class TestCutter(AdapterContract):
    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self):
        yield Deaf(EchoingNetwork(idempotent=True, extra=(CutsText,)))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[str, str]:
    """What pytest says of a contract, and the report."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "test_cutter.py").write_text(SUBJECT)
    command = [sys.executable, "-m", "pytest", "-p", "bridgekit.testing.plugin", "-k", NAMES]
    command += ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder), str(folder)]
    done = subprocess.run(
        [*command, "--bridgekit-report", str(folder / "report.md")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout, (folder / "report.md").read_text("utf-8")


def test_the_report_is_a_table_of_obligations(run):
    _, report = run
    lines = report.splitlines()
    rows = dict(line.strip("| ").split(" | ") for line in lines[6:] if line)
    unplayed = [name for name, result in rows.items() if result == "not run"]
    assert lines[:5] == [
        "### Cutter",
        "",
        f"1 of 2 kept, 1 do not apply, {len(unplayed)} were not run.",
        "",
        "| Obligation | Kept |",
    ]
    assert len(unplayed) > 100
    assert "Edits arrive on Matrix" in unplayed
    for name in unplayed:
        del rows[name]
    assert rows.pop("Long text arrives on Matrix whole").startswith("**no**: This never happens: ")
    assert rows == {
        "Texts arrive on the network, once and in order": "yes",
        "Edits arrive on Matrix also where they come before their message": (
            "- the network's `kinds` have no Edit"
        ),
    }


def test_what_is_broken_is_told_as_a_story(run):
    said, _ = run
    told = [said.index(words) for words in ("on the network, bob said", "hands over", "stored")]
    assert told == sorted(told)
    assert "1 failed, 1 passed, 1 skipped" in said
