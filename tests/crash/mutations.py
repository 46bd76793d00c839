"""Breaks one rule of delivery at a time in a copy of the project: a named test must fail with it.

Below the name of each is the test that noticed; or it says SURVIVES, with the test that should
have; or DOES NOT FIT, with what the source no longer has. The exit code is 1 if there is any of the
latter two, or if a test fails without any mutation.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.command_line import BROKEN_OFF, broken_off, parser_of, refuse, say
from tests.crash.breakages import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
COPIED = ("bridgekit", "bridges", "tests", "benchmarks", "demo", "docs", "registration")
COMMAND = "python -m tests.crash.mutations"
FAILED = 1  # what pytest says if a test failed; anything else means that it could not be run


class Misfit(Exception):  # noqa: N818 (a finding)
    """The source no longer reads as the mutation has it."""


def main(words: Sequence[str]) -> int:
    """Try those whose name has one of the words; all if there are none."""
    chosen = _asked(words)
    tried = caught = 0
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder, broken_off() as pressed:
        copy = _copied(Path(folder))
        sound = _run(copy, *sorted({one.test for one in chosen})) == 0
        if not sound and not pressed.is_set():
            say("the tests do not even pass without a mutation")
        for mutation in chosen:
            wrong = "" if pressed.is_set() else _wrong(copy, mutation)
            if pressed.is_set():
                break  # its test has not come to its end
            tried += 1
            caught += not wrong
            say(mutation.name, f"    {wrong or mutation.test}")
    if tried < len(chosen):
        say(f"broken off: {tried} of {len(chosen)} were tried, {caught} of these were caught")
        return BROKEN_OFF
    say(f"{caught} of {tried} caught")
    return int(caught < tried or not sound)


def _asked(words: Sequence[str]) -> Sequence[Mutation]:
    parser = parser_of(COMMAND, __doc__, _known())
    only = "only those that have one of these in their name"
    parser.add_argument("words", nargs="*", metavar="WORD", help=only)
    asked: list[str] = parser.parse_args(words).words
    if unknown := [word for word in asked if not _named(word)]:
        refuse(parser, f"no mutation has {', '.join(unknown)} in its name")
    named = [one for word in asked for one in _named(word)]
    return [one for one in MUTATIONS if one in named or not asked]


def _named(word: str) -> Sequence[Mutation]:
    return [one for one in MUTATIONS if word.casefold() in one.name.casefold()]


def _known() -> str:
    return "\n".join(["mutations:", *(f"  {one.name}" for one in MUTATIONS)])


def _wrong(copy: Path, mutation: Mutation) -> str:
    """What is, if its test does not notice it."""
    try:
        with _applied(copy, mutation):
            caught = _run(copy, mutation.test) == FAILED
    except Misfit as misfit:
        return f"DOES NOT FIT: {misfit}"
    return "" if caught else f"SURVIVES {mutation.test}"


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
