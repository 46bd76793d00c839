"""The table that a run prints: a row for each figure, a column for each entrant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.entrants.known import BRIDGE
from benchmarks.rows import ROWS, Row

WIDTH = 120
"""Where the output is no terminal."""


def show(document: Mapping[str, Any], names: Sequence[str]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    console.print(_table(document["figures"], names))
    rounds = document["rounds"]
    console.print(
        f"Medians of {rounds} round{'s' * (rounds != 1)}; ± is half of lowest to highest, in %;"
        f" of ceiling: as a share of {document['ceiling']!r} in the same round. Both are the"
        f" {BRIDGE}'s. Messages that were lost, doubled or out of order have rows where there are"
        " any."
    )
    for failure in document["failed"]:
        console.print(failure, markup=False, style="red")


def _table(figures: Mapping[str, Any], names: Sequence[str]) -> Table:
    table = Table(pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in names:
        table.add_column(name.replace("-", "\n"), justify="right")
    for heading in ("±", "of ceiling", "to reach"):
        table.add_column(heading, justify="right")
    table.add_column(f"the {BRIDGE}")
    for row in ROWS:
        if row.key in figures and not (row.quiet and _nothing(figures[row.key])):
            table.add_row(*_cells(row, figures[row.key], names))
    return table


def _nothing(found: Mapping[str, Any]) -> bool:
    """Whether it is 0 for everybody in every round."""
    return not any(entrant["highest"] for entrant in found.values())


def _cells(row: Row, found: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    ours = found.get(BRIDGE)
    values = [_number(found[name]["median"]) if name in found else "" for name in names]
    target = "" if row.target is None else _number(row.target)
    if row.ratio is not None:
        target += f" ({row.ratio:g})"
    if ours is None:
        return [row.label, *values, "", "", target, ""]
    ratio = f"{ours['ratio']['median']:.2g}" if row.up and "ratio" in ours else ""
    return [row.label, *values, _spread(ours), ratio, target, _coloured(row.verdict(ours))]


def _coloured(verdict: str) -> str:
    if not verdict:
        return ""
    return f"[{'red' if verdict.startswith('missed') else 'green'}]{verdict}[/]"


def _spread(found: Mapping[str, Any]) -> str:
    if len(found["rounds"]) == 1 or not found["median"]:
        return ""
    half = (found["highest"] - found["lowest"]) / 2
    return f"{half / found['median'] * 100:.0f}"


def _number(value: float) -> str:
    """Three significant digits, with a blank between thousands."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}".replace(",", " ") if abs(rounded) >= 100 else f"{rounded:g}"  # noqa: PLR2004 (three digits)
