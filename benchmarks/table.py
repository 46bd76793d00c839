"""The table that a run prints: a row for each figure, a column for each entrant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.entrants.known import BRIDGE, HEISENBRIDGE, ON_POSTGRESQL
from benchmarks.figures import tried
from benchmarks.rows import Row, rows
from benchmarks.scale import SCALES

WIDTH = 100
"""Where the output is no terminal."""
THOUSANDS = 10_000
"""From here on figures are shown in thousands."""
HEADINGS = {HEISENBRIDGE: "heisen\nbridge", ON_POSTGRESQL: "bridge\nPgSQL"}
"""Of others the hyphens are where a new line begins."""
NOT_REACHED = "-"


def show(document: Mapping[str, Any], names: Sequence[str]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    found = document["figures"].values()
    names = [name for name in names if any(name in figure for figure in found)]
    table = _table(document, names, wide=True)
    anything = console.options.update(width=10 * console.width)
    wide = console.measure(table, options=anything).maximum <= console.width
    console.print(table if wide else _table(document, names, wide=False))
    for line in _notes(document, wide=wide):
        console.print(line, highlight=False)
    for failure in document["failed"]:
        console.print(failure, markup=False, style="red")


def _table(document: Mapping[str, Any], names: Sequence[str], *, wide: bool) -> Table:
    """Not `wide`: without spread and ratio, which are in the document."""
    figures = document["figures"]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=0, show_edge=False)
    table.add_column(f"{document['scale']} run", no_wrap=True)
    for name in names:
        heading = HEADINGS.get(name, escape(name.replace("-", "\n")))
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("±%", "ratio") if wide else ():
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("to\nreach", justify="right", no_wrap=True)
    table.add_column("met or\nmissed", justify="right", no_wrap=True)
    for row in rows(SCALES[document["scale"]]):
        if row.key in figures and not (row.quiet and _nothing(figures[row.key])):
            table.add_row(*_cells(row, figures, names, wide=wide))
    return table


def _nothing(found: Mapping[str, Any]) -> bool:
    """Whether it is 0 for everybody in every round."""
    return not any(entrant["highest"] for entrant in found.values())


def _cells(row: Row, figures: Mapping[str, Any], names: Sequence[str], *, wide: bool) -> list[str]:
    values = [_value(row, figures, name) for name in names]
    target = "" if row.target is None else _number(row.target)
    if row.ratio is not None and wide:
        target += f", {row.ratio:.2g}".replace("0.", ".")
    ours = figures[row.key].get(BRIDGE)
    if ours is None:
        return [row.label, *values, *["", ""] * wide, target, ""]
    ratio = f"{ours['ratio']['median']:.2g}" if row.up and "ratio" in ours else ""
    beside = [_spread(ours), ratio] if wide else []
    return [row.label, *values, *beside, target, _coloured(row.verdict(ours))]


def _value(row: Row, figures: Mapping[str, Any], name: str) -> str:
    if name in figures[row.key]:
        return _number(row.value(figures[row.key][name]))
    return NOT_REACHED if tried(row.key, figures, name) else ""


def _coloured(verdict: str) -> str:
    if verdict.startswith("missed"):
        return f"[red]{verdict.removeprefix('missed ').removeprefix('by ')}[/]"
    return f"[green]{verdict.partition(':')[0]}[/]" if verdict else ""


def _spread(found: Mapping[str, Any]) -> str:
    if len(found["rounds"]) == 1 or not found["median"]:
        return ""
    half = (found["highest"] - found["lowest"]) / 2
    return f"{half / found['median'] * 100:.0f}"


def _number(value: float) -> str:
    """Three significant digits, and no more than two decimals."""
    if abs(value) >= THOUSANDS:
        return f"{value / 1000:.3g}k"
    return f"{round(float(f'{value:.3g}'), 2):g}"


def _notes(document: Mapping[str, Any], *, wide: bool) -> list[str]:
    rounds = document["rounds"]
    said = f"Medians of {rounds} round{'s' * (rounds != 1)}; of faults the worst round."
    if wide:
        said += (
            f" ±%: half of lowest to highest. Ratio: to {document['ceiling']!r} in the same round;"
            " where both are to reach, either will do."
        )
    said += (
        f" ±, ratio and what is missed are {BRIDGE!r}'s. {NOT_REACHED}: not in time."
        " Faults have rows where there are any."
    )
    took = ", ".join(f"{name} {seconds / 60:.1f}" for name, seconds in document["took"].items())
    return [said, f"Minutes: {document['seconds'] / 60:.1f} in all; {took}."]
