"""The table that a run prints: a row for each figure, a column for each entrant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.entrants.known import BRIDGE
from benchmarks.rows import ROWS, Row

WIDTH = 120
"""Where the output is no terminal."""
THOUSANDS = 10_000
"""From here on figures are shown in thousands."""
WIDE = 112
"""A narrower terminal is not shown spread and ratio: both are in the document."""


def show(document: Mapping[str, Any], names: Sequence[str]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    wide = console.width >= WIDE
    console.print(_table(document["figures"], names, wide=wide))
    rounds = document["rounds"]
    said = f"Medians of {rounds} round{'s' * (rounds != 1)}."
    if wide:
        said += (
            " ±: half of lowest to highest, in %. Of ceiling: as a share of"
            f" {document['ceiling']!r} in the same round, reached/to reach."
        )
    said += f" What is missed is what {BRIDGE!r} misses. Faults have rows where there are any."
    console.print(said, highlight=False)
    for failure in document["failed"]:
        console.print(failure, markup=False, style="red")


def _table(figures: Mapping[str, Any], names: Sequence[str], *, wide: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=0)
    table.add_column("", no_wrap=True)
    for name in names:
        heading = name.replace("heisenb", "heisen-b").replace("postgre", "pg").replace("-", "\n")
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("±", "of\nceiling") if wide else ():
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("to\nreach", justify="right", no_wrap=True)
    table.add_column("missed\nby", no_wrap=True)
    for row in ROWS:
        if row.key in figures and not (row.quiet and _nothing(figures[row.key])):
            table.add_row(*_cells(row, figures[row.key], names, wide=wide))
    return table


def _nothing(found: Mapping[str, Any]) -> bool:
    """Whether it is 0 for everybody in every round."""
    return not any(entrant["highest"] for entrant in found.values())


def _cells(row: Row, found: Mapping[str, Any], names: Sequence[str], *, wide: bool) -> list[str]:
    ours = found.get(BRIDGE)
    values = [_number(found[name]["median"]) if name in found else "" for name in names]
    target = "" if row.target is None else _number(row.target)
    if ours is None:
        return [row.label, *values, *["", ""] * wide, target, ""]
    ratio = f"{ours['ratio']['median']:.2g}" if row.up and "ratio" in ours else ""
    if row.ratio is not None and ratio:
        ratio += f"/{row.ratio:.2g}"
    beside = [_spread(ours), ratio] if wide else []
    return [row.label, *values, *beside, target, _coloured(row.verdict(ours))]


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
