"""`python -m benchmarks`: everything side by side in one run; a table, JSON and a plot."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import hot_path, plan, table
from benchmarks.child import ROOT
from benchmarks.course import Course
from benchmarks.entrants.known import NAMES, OURS, MissingError, entrants
from benchmarks.plot import svg
from benchmarks.record import Record
from benchmarks.scale import SCALES

INTERRUPTED = 130
WHOLE, PART = ("results.json", "plot.svg"), ("broken-off.json", "broken-off.svg")
"""A run that something ends does not take the place of the last one that came to its end."""


def main() -> int:
    parser = options_of()
    options = parser.parse_args()
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds is to be 1 or more")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends everything that was started
    options.out = options.out.resolve()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: {options.out} cannot be made: {error.strerror}")
    with tempfile.TemporaryDirectory(prefix="run-", dir=options.out) as place:
        try:
            if options.profile:
                return asyncio.run(hot_path.show(SCALES[options.scale], Path(place), options.out))
            return measure(options, Path(place))
        except MissingError as error:
            sys.stderr.write(f"{error}\n")
            return 2
        except KeyboardInterrupt:
            return INTERRUPTED


def measure(options: argparse.Namespace, folder: Path) -> int:
    began = time.monotonic()
    scale = SCALES[options.scale]
    rounds = options.rounds or scale.rounds
    record = Record(scale)
    names: list[str] = []
    wrong: list[str] = []
    files = PART
    try:
        with entrants(options.entrants, folder, options.heisenbridge, options.peer) as (found, out):
            names += [entrant.name for entrant in found]
            record.left_out += out
            steps = plan.steps(options.only, scale, options.seed)
            asyncio.run(Course(steps, found, rounds, folder, record).run())
        files = WHOLE
    finally:
        if names:  # whatever ended it: what was measured until then is worth its time
            seconds = round(time.monotonic() - began, 1)
            about = {"scale": options.scale, "seed": options.seed, "seconds": seconds}
            document = record.document(rounds=rounds, **about)
            written = _written(options.out, files, document, names)
            table.show(document, names)
            wrong += [*document["failed"], *document["faults"]]
            sys.stdout.write(f"{written}\n")
    return 1 if any(line.partition(":")[0] in OURS for line in wrong) else 0


def options_of() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    sizes = parser.add_mutually_exclusive_group()
    quick = "a few minutes: one short round of each"
    sizes.add_argument("--quick", dest="scale", action="store_const", const="quick", help=quick)
    tiny = "shows that it works, its figures mean nothing"
    sizes.add_argument("--tiny", dest="scale", action="store_const", const="tiny", help=tiny)
    parser.add_argument("--rounds", type=int, help="how often each is measured (full: 5)")
    parser.add_argument(
        "--only", type=_some_of(plan.NAMES), default=plan.NAMES, help=", ".join(plan.NAMES)
    )
    parser.add_argument("--entrants", type=_some_of(NAMES), default=[], help=", ".join(NAMES))
    parser.add_argument(
        "--peer", action="append", default=[], metavar="NAME=PATH", help="one more: see the docs"
    )
    parser.add_argument("--heisenbridge", default="", help="an interpreter that has it")
    seed = "what is left to chance follows from it; else it is another each time"
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help=seed)
    out = "a folder for the results, and for databases while it runs: on a real disk"
    parser.add_argument("--out", type=Path, default=ROOT / ".bench", help=out)
    where = "only this: where each microsecond of the bridge goes"
    parser.add_argument("--profile", action="store_true", help=where)
    parser.set_defaults(scale="full")
    return parser


def _some_of(names: Sequence[str]) -> Callable[[str], list[str]]:
    """What the command line takes: some of these, with commas between them."""

    def chosen(text: str) -> list[str]:
        wanted = text.split(",")
        unknown = ", ".join(sorted(set(wanted) - set(names)))
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown}: no such name; known: {', '.join(names)}")
        return [name for name in names if name in wanted]

    return chosen


def _written(
    folder: Path, files: tuple[str, str], document: Mapping[str, Any], names: Sequence[str]
) -> str:
    """Where it is. What measured nothing takes no other's place."""
    if not document["figures"]:
        return "Nothing was measured, so nothing is written."
    results, plot = files
    (folder / results).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (folder / plot).write_text(svg(document, names), encoding="utf-8")
    return f"Written to {folder}: {', '.join(files)}"


if __name__ == "__main__":
    sys.exit(main())
