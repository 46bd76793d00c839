"""`make fuzz`: stories and fuzzing with ever new cases, for as long as they are given.

Suites come in a random order, and those that there was no time for are named at the end. What fails
is printed with all that repeats it; keep it as an `@example`.
"""

# ruff: noqa: T201 -- its progress is what people read

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.command_line import BROKEN_OFF, broken_off
from tests.fuzz.effort import EFFORT

ROOT = Path(__file__).parents[2]
# Whatever tries cases: a new file with some is in it by itself.
SUITES = sorted(
    file for file in (ROOT / "tests").rglob("test_*.py") if "@tries(" in file.read_text()
)
TIMES = 10  # as many cases of each as `make test` tries


def rounds() -> Iterator[tuple[Path, int]]:
    """All suites, again and again, each time with another seed and in another order."""
    for number in itertools.count(1):
        seed = random.SystemRandom().randrange(1_000_000, 2**31)
        print(f"round {number}, seed {seed}", flush=True)
        order = random.Random(seed).sample(SUITES, len(SUITES))  # time may be up before the last
        yield from ((suite, seed) for suite in order)


def fails(suite: Path, seed: int) -> str:
    """What one suite prints if it fails; "" if it does not."""
    begun = time.monotonic()
    words = ["-q", "--timeout=0", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}", suite]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, EFFORT: str(TIMES)},
        capture_output=True,
        text=True,
        check=False,
    )
    last = (done.stdout.splitlines() or [done.stderr])[-1]
    print(f"  {time.monotonic() - begun:4.0f} s  {_name(suite)}: {last}", flush=True)
    return done.stdout + done.stderr if done.returncode else ""


def main() -> int:
    """1 if any suite failed. What there was no time for is named: nothing is known of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="begin no suite after so long")
    seconds: float = parser.parse_args().seconds
    if seconds <= 0:
        parser.error("--seconds is to be more than 0: nothing would be tried")
    until = time.monotonic() + seconds
    failed, tried = 0, set[Path]()
    with broken_off() as pressed:
        for suite, seed in rounds():
            if time.monotonic() > until:
                break
            found = fails(suite, seed)
            if pressed.is_set():
                print("broken off")
                break
            tried.add(suite)
            if found:
                failed += 1
                print(found, flush=True)
    print(f"{failed} suites failed; of {len(SUITES)} {len(tried)} were tried")
    if left := sorted(_name(suite) for suite in SUITES if suite not in tried):
        print("not tried, give it more time:", *left, sep="\n  ")
    return BROKEN_OFF if pressed.is_set() else min(failed, 1)


def _name(suite: Path) -> str:
    return str(suite.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
