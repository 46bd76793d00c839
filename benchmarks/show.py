"""The tables of an earlier run, from its JSON: `python -m benchmarks.show .bench/results.json`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from benchmarks import table
from benchmarks.entrants.known import NAMES

BEGIN, END = "<!-- the last whole run -->", "<!-- its end -->"
"""In a page: what stands between them is of one run."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.show", description=__doc__)
    parser.add_argument("results", type=Path, help="results.json of a run")
    into = "a page in Markdown that gets them between its marks, as docs/benchmarks.md has"
    parser.add_argument("--into", type=Path, metavar="PAGE", help=into)
    options = parser.parse_args()
    try:
        document = {"faults": [], **json.loads(options.results.read_text("utf-8"))}  # once without
        about, tables = _of(document), _tables(document)
    except OSError as error:
        parser.error(str(error))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        parser.error(f"{options.results} has no results of a run: {error!r}")
    if options.into is None:
        sys.stdout.write(f"{about}\n\n{tables}")
        return 0
    try:
        page = options.into.read_text("utf-8")
        options.into.write_text(filled(page, about, tables), "utf-8")
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return 0


def filled(page: str, about: str, tables: str) -> str:
    """With a run between its marks, in place of what stood there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n\n{about}\n\n```text\n{tables}```\n\n{END}{after}"


def _of(document: Mapping[str, Any]) -> str:
    machine = document["machine"]
    return (
        f"{document['date']}, commit {document['commit'] or 'unknown'}: {machine['system']}, "
        f"{machine['cpus']} processors, Python {machine['python']}; "
        f"load before the run: {machine['load']:.2f}."
    )


def _tables(document: Mapping[str, Any]) -> str:
    found = {name for figure in document["figures"].values() for name in figure}
    names = [*(name for name in NAMES if name in found), *sorted(found.difference(NAMES))]
    with redirect_stdout(StringIO()) as said:
        table.show(document, names)
    return "".join(f"{line.rstrip()}\n" for line in said.getvalue().splitlines())


if __name__ == "__main__":
    sys.exit(main())
