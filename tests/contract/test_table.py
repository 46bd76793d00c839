"""The table of what is kept never says more than pytest itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACT = """
import pytest

class TestPager:
    @staticmethod
    def obligation_of(test):
        return test.__name__.removeprefix("test_")

"""
ATTEMPTS = """
    @pytest.mark.parametrize("attempt", ["fails", "passes", "skips"])
    def test_tried_thrice(self, attempt):
        if attempt == "skips":
            pytest.skip("not today")
        assert attempt == "passes"

    @pytest.mark.parametrize("attempt", ["passes", "skips"])
    def test_tried_twice(self, attempt):
        if attempt == "skips":
            pytest.skip("not today")

    @pytest.mark.xfail(reason="known")
    def test_known_to_fail(self):
        assert False
"""
KEPT = """
    def test_kept(self):
        pass
"""


def contract(folder: Path, *words: str, **files: str) -> subprocess.CompletedProcess[str]:
    """What pytest says of these files."""
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(CONTRACT + text)
    command = [sys.executable, "-m", "pytest", "-p", "bridgekit.testing.plugin", "-c", os.devnull]
    command += ["-p", "no:cacheprovider", "--rootdir", str(folder), str(folder), *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def rows(said: str) -> dict[str, str]:
    lines = [line.strip("| ").split(" | ") for line in said.splitlines() if line.startswith("| ")]
    return dict(line for line in lines if line[0] != "Obligation")


def test_one_failure_among_several_attempts_is_one(tmp_path):
    said = contract(tmp_path, "--bridgekit-report", "-", attempts=ATTEMPTS).stdout
    assert "1 of 3 kept, 0 do not apply." in said
    found = rows(said)
    assert found["tried_thrice"].startswith("**no**: ")
    assert found["known_to_fail"].startswith("**no**: ")
    assert found["tried_twice"] == "yes"


def test_what_was_not_run_is_in_the_table_too(tmp_path):
    words = ("--bridgekit-report", "-", "-k", "thrice")
    said = contract(tmp_path, *words, attempts=ATTEMPTS).stdout
    assert "0 of 1 kept, 0 do not apply, 2 were not run." in said
    found = rows(said)
    assert found["tried_thrice"].startswith("**no**: ")
    assert (found["tried_twice"], found["known_to_fail"]) == ("not run", "not run")


def test_classes_of_one_name_have_a_table_each(tmp_path):
    failing = KEPT.replace("pass", "raise ValueError")
    said = contract(tmp_path, "--bridgekit-report", "-", one=failing, other=KEPT).stdout
    first, second = said.split("### ")[1:]
    assert first.startswith("Pager (test_one.py)\n\n0 of 1 kept")
    assert second.startswith("Pager (test_other.py)\n\n1 of 1 kept")


@pytest.mark.parametrize("target", ["missing/report.md", "."])
def test_a_place_that_cannot_be_written_is_said_before_anything_is_played(tmp_path, target):
    done = contract(tmp_path, "--bridgekit-report", target, one=KEPT)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"--bridgekit-report: {target} cannot be written (" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "passed" not in done.stdout
