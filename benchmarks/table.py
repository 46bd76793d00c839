"""The tables that a run prints: a row for each figure, a column for each entrant; then ratios."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.entrants.known import BRIDGE, HEISENBRIDGE, ON_POSTGRESQL
from benchmarks.figures import tried
from benchmarks.rows import NO_YARDSTICK, NOT_REACHED, Row, rows, yardstick
from benchmarks.scale import SCALES

WIDTH = 100
"""Where the output is no terminal."""
THOUSANDS = 10_000
"""From here on figures are shown in thousands."""
HEADINGS = {HEISENBRIDGE: "heisen\nbridge", ON_POSTGRESQL: "bridge\nPgSQL"}
"""Of others the hyphens are where a new line begins."""
MISSING, FEWER = "-", "*"
SAID = {NOT_REACHED: "never", NO_YARDSTICK: "?"}
"""Verdicts, where there is little room."""


def show(document: Mapping[str, Any], names: Sequence[str]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    found = document["figures"].values()
    names = [name for name in names if any(name in figure for figure in found)]
    _print(console, lambda wide: _table(document, names, wide=wide))
    figures = document["figures"]
    compared = [row for row in _rows(document) if _others(figures, row, names)]
    if compared:
        _print(console, lambda wide: _ratios(document, compared, names, wide=wide))
    for line in _notes(document):
        console.print(line, highlight=False)
    for failure in (*document["left_out"], *document["failed"], *document["faults"]):
        console.print(failure, markup=False, style="red")


def _print(console: Console, table: Callable[[bool], Table]) -> None:
    """The wide one, where there is room for it."""
    anything = console.options.update(width=10 * console.width)
    wide = console.measure(table(True), options=anything).maximum <= console.width
    console.print(table(wide))


def _rows(document: Mapping[str, Any]) -> Iterator[Row]:
    figures, targets = document["figures"], document["targets"]
    for row in rows(SCALES[document["scale"]]):
        found = figures.get(row.key, {})
        if (found or row.key in targets) and not (row.quiet and _nothing(found)):
            yield row


def _nothing(found: Mapping[str, Any]) -> bool:
    """Whether it is 0 for everybody in every round."""
    return not any(entrant["highest"] for entrant in found.values())


def _begun(title: str, names: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=0, show_edge=False)
    table.add_column(title, no_wrap=True)
    for name in names:
        heading = HEADINGS.get(name, escape(name.replace("-", "\n")))
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _table(document: Mapping[str, Any], names: Sequence[str], *, wide: bool) -> Table:
    """Not `wide`: without spread, which is in the document."""
    table = _begun(f"{document['scale']} run", names)
    more = ("±%", "to\nreach", "met or\nmissed") if wide else ("to\nreach", "met or\nmissed")
    for heading in more:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in _rows(document):
        values = [_value(row, document, name) for name in names]
        ours = document["figures"].get(row.key, {}).get(BRIDGE)
        beside = [_spread(ours)] if wide else []
        reach = "" if row.target is None else _number(row.target)
        if row.ratio is not None:
            ratio = f"x{row.ratio:g}".replace("x0", "x")
            reach = f"{reach}, {ratio}" if wide else ratio
        verdict = document["targets"].get(row.key, {}).get("verdict", "")
        table.add_row(row.label, *values, *beside, reach, _coloured(verdict))
    return table


def _value(row: Row, document: Mapping[str, Any], name: str) -> str:
    found = document["figures"].get(row.key, {})
    if name in found:
        fewer = FEWER * (len(found[name]["rounds"]) < document["rounds"])
        return f"{_number(row.value(found[name]))}{fewer}"
    asked = name == BRIDGE and row.key in document["targets"]
    return MISSING if asked or tried(row.key, document["figures"], name) else ""


def _coloured(verdict: str) -> str:
    colour = {"": "", NO_YARDSTICK: "", "met": "[green]"}.get(verdict, "[red]")
    for words in ("missed ", "met in ", "by "):
        verdict = verdict.removeprefix(words)
    return colour + SAID.get(verdict, verdict)


def _others(figures: Mapping[str, Any], row: Row, names: Sequence[str]) -> list[str]:
    """Who is compared with the yardstick in this."""
    found, of = figures.get(row.key, {}), yardstick(row.key)
    return [name for name in names if name != of and "ratio" in found.get(name, {})]


def _ratios(
    document: Mapping[str, Any], compared: Sequence[Row], names: Sequence[str], *, wide: bool
) -> Table:
    """`wide`: with the spread of each; else of the bridge's alone."""
    table = _begun("ratios, in the same round" + " ±%" * wide, names)
    for heading in ("to\nreach",) if wide else ("to\nreach", "±%"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in compared:
        found = document["figures"].get(row.key, {})
        ratios = {name: found.get(name, {}).get("ratio") for name in (*names, BRIDGE)}
        values = [_ratio(ratios[name], wide=wide) for name in names]
        beside = [] if wide else [_spread(ratios[BRIDGE])]
        reach = "" if row.ratio is None else f"{row.ratio:g}"
        table.add_row(row.label, *values, reach, *beside)
    return table


def _ratio(found: Mapping[str, Any] | None, *, wide: bool) -> str:
    if found is None:
        return ""
    spread = _spread(found) if wide else ""
    return f"{found['median']:.2g}{f' ±{spread}' if spread else ''}"


def _spread(found: Mapping[str, Any] | None) -> str:
    if found is None or len(found["rounds"]) == 1 or not found["median"]:
        return ""
    half = (found["highest"] - found["lowest"]) / 2
    return f"{half / found['median'] * 100:.0f}"


def _number(value: float) -> str:
    """Three significant digits, and no more than two decimals."""
    if abs(value) >= THOUSANDS:
        return f"{value / 1000:.3g}k"
    return f"{round(float(f'{value:.3g}'), 2):g}"


def _notes(document: Mapping[str, Any]) -> list[str]:
    rounds, yardsticks = document["rounds"], document["yardsticks"]
    said = f"Medians of {rounds} round{'s' * (rounds != 1)}; of faults the worst round."
    said += (
        " ±%: half of lowest to highest."
        f" x: a ratio is to be reached, to {yardsticks['else']!r}, of CPU to {yardsticks['cpu']!r};"
        f" it alone decides. What is met or missed is {BRIDGE!r}'s. {MISSING}: not in time."
        " Faults have rows where there are any."
    )
    took = ", ".join(f"{name} {seconds / 60:.1f}" for name, seconds in document["took"].items())
    whole = f"Minutes: {document['seconds'] / 60:.1f} in all; {took}. --seed {document['seed']}."
    return [said, *_fewer(document), whole]


def _fewer(document: Mapping[str, Any]) -> Iterator[str]:
    """Which figures stand on how many rounds, where some failed or were not asked again."""
    found: dict[tuple[int, str], dict[str, None]] = defaultdict(dict)
    for row in _rows(document):
        for name, figure in document["figures"].get(row.key, {}).items():
            if (rounds := len(figure["rounds"])) < document["rounds"]:
                found[rounds, name][row.key.rpartition("/")[0]] = None
    for (rounds, name), scenarios in found.items():
        yield f"{FEWER} {name}: of {rounds} round{'s' * (rounds != 1)}: {', '.join(scenarios)}."
