"""Breaks one rule of delivery at a time in a copy of the project: a named test must fail with it.

A line names the test that noticed; or says SURVIVES, with the test that should have; or DOES NOT
FIT, with what the source no longer has. The exit code is 1 if there is any of the latter two, or if
a test fails without any mutation.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.crash.breakages import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
COPIED = ("bridgekit", "bridges", "tests", "benchmarks", "demo", "docs", "registration")
COMMAND = "python -m tests.crash.mutations"
FAILED = 1  # what pytest says if a test failed; anything else means that it could not be run


class Misfit(Exception):  # noqa: N818 (a finding)
    """The source no longer reads as the mutation has it."""


def main(words: Sequence[str]) -> int:
    """Try those whose name has one of the words; all if there are none."""
    words = _asked(words)
    unknown = [word for word in words if not any(word in one.name for one in MUTATIONS)]
    if unknown:
        sys.exit(f"No mutation has {', '.join(unknown)} in its name; there are,\n{_known()}")
    chosen = [one for one in MUTATIONS if not words or any(word in one.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        copy = _copied(Path(folder))
        sound = _run(copy, *sorted({one.test for one in chosen})) == 0
        if not sound:
            _say("", "the tests do not even pass without a mutation")
        survivors = [one for one in chosen if not _caught(copy, one)]
    _say(f"{len(chosen) - len(survivors)} of {len(chosen)} caught", "")
    return int(bool(survivors) or not sound)


def _asked(words: Sequence[str]) -> Sequence[str]:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(COMMAND, None, __doc__, _known(), formatter_class=form)
    only = "only those that have one of these in their name"
    parser.add_argument("words", nargs="*", metavar="WORD", help=only)
    chosen: list[str] = parser.parse_args(words).words
    return chosen


def _known() -> str:
    return "\n".join(["mutations:", *(f"  {one.name}" for one in MUTATIONS)])


def _caught(copy: Path, mutation: Mutation) -> bool:
    try:
        with _applied(copy, mutation):
            caught = _run(copy, mutation.test) == FAILED
    except Misfit as misfit:
        _say(mutation.name, f"DOES NOT FIT: {misfit}")
        return False
    _say(mutation.name, mutation.test if caught else f"SURVIVES {mutation.test}")
    return caught


def applied(mutation: Mutation, source: str) -> str:
    """The source with its changes. Raises `Misfit`."""
    for old, new in mutation.changes:
        if source.count(old) != 1:
            raise Misfit(f"{mutation.file} has {source.count(old)} times: {old.strip()}")
        source = source.replace(old, new)
    return source


@contextmanager
def _applied(copy: Path, mutation: Mutation) -> Iterator[None]:
    file = copy / mutation.file
    source = file.read_text("utf-8")
    file.write_text(applied(mutation, source), "utf-8")
    try:
        yield
    finally:
        file.write_text(source, "utf-8")


def _copied(folder: Path) -> Path:
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ROOT.iterdir():
        if file.is_file():
            shutil.copy(file, folder / file.name)
    return folder


def _run(copy: Path, *tests: str) -> int:
    options = ("-q", "-x", "-p", "no:cacheprovider", "-o", "timeout=120")  # some never end
    command = [sys.executable, "-m", "pytest", *options, *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode


def _say(name: str, what: str) -> None:
    sys.stdout.write(f"{name:48} {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
