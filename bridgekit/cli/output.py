"""What commands print: marks, times, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import segno
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.table import Column, Table
from rich.text import Text

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.models import Millis
from bridgekit.printable import printable, printable_lines

_MARKS = {Severity.OK: "✓", Severity.WARNING: "!", Severity.ERROR: "✗"}
_ASCII = {Severity.OK: "+", Severity.WARNING: "!", Severity.ERROR: "x"}
_STYLES = {Severity.OK: "green", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_GAP = 2  # blanks between the columns of a table
_LAST = 24  # characters that the last column of a table should have
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def console() -> Console:
    """Where people read; 80 columns wide where there is no terminal to ask."""
    return Console(markup=False, highlight=False, emoji=False)


def mark(to: Console, severity: Severity) -> Text:
    """The sign of a severity, in ASCII where the terminal has nothing else."""
    try:
        _MARKS[severity].encode(to.encoding)
    except UnicodeEncodeError:
        return Text(_ASCII[severity], _STYLES[severity])
    return Text(_MARKS[severity], _STYLES[severity])


def show_findings(to: Console, findings: Iterable[Finding]) -> None:
    """Each with its mark; under it the fix, then what it leads to and what it is called."""
    grid = _grid()
    for finding in findings:
        text = Text(printable(finding.text))
        if finding.fix:
            text.append(f"\n{printable_lines(finding.fix)}", "bold")
        if finding.why:
            text.append(f"\n{printable(finding.why)}", "dim")
        if finding.id:
            text.append(f" [{printable(finding.id)}]", "dim")
        grid.add_row("", mark(to, finding.severity), text)
    show_grid(to, grid)


def as_data(finding: Finding) -> dict[str, str | None]:
    """A finding for programs, which know it by its `id`."""
    return {
        "id": finding.id or None,
        "severity": finding.severity.value,
        "text": finding.text,
        "why": finding.why or None,
        "fix": finding.fix or None,
    }


def show_pairs(to: Console, pairs: Iterable[tuple[str, str]]) -> None:
    """Name and value, a line each; what is empty is left out."""
    grid = _grid()
    for name, value in pairs:
        if value:
            grid.add_row("", Text(name, "dim"), Text(printable_lines(value)))
    show_grid(to, grid)


def show_table(to: Console, head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A line of heads, then the rows; what is too wide goes on below, and nothing is cut.

    What is in the first columns is kept whole where the last one leaves it the room. In a pipe no
    word is ever broken: an ID is searched for there, and copied.
    """
    heads, cells = list(head), [list(map(printable, row)) for row in rows]
    columns = [[one[place] for one in [heads, *cells]] for place in range(len(heads))]
    if to.is_terminal:
        width, made = to.width, _in_view(columns, to.width)
    else:
        widths = _of_whole_words(columns, to.width)
        width = sum(widths) + _GAP * (len(widths) - 1)
        sized = zip(heads, widths, strict=True)
        made = [Column(name, width=wide, overflow="fold") for name, wide in sized]
    table = Table(*made, box=None, pad_edge=False)
    for row in cells:
        table.add_row(*map(Text, row))
    show_grid(to, table, width)


def _in_view(columns: list[list[str]], width: int) -> list[Column]:
    widths = [max(map(cell_len, column)) for column in columns[:-1]]
    whole = sum(widths) + _GAP * len(widths) + _LAST <= width
    names = (column[0] for column in columns)
    return [
        Column(name, overflow="fold", no_wrap=whole and place < len(widths))
        for place, name in enumerate(names)
    ]


def _of_whole_words(columns: list[list[str]], width: int) -> list[int]:
    """How wide each is; what is widest goes on below first, as far as that breaks no word."""
    widths = [max(map(cell_len, column)) for column in columns]
    least = [max(cell_len(word) for word in [*" ".join(column).split(), ""]) for column in columns]
    while sum(widths) + _GAP * (len(widths) - 1) > width and widths != least:
        _, place = max((wide, place) for place, wide in enumerate(widths) if wide > least[place])
        widths[place] -= 1
    return widths


def show_json(data: Any) -> None:
    """For programs. ASCII only, so that no terminal or pipe can garble it."""
    typer.echo(json.dumps(data, indent=2))


def iso(at: Millis) -> str:
    """A time for programs."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


def local(at: Millis) -> str:
    """A time for people: this machine's, with its offset."""
    moment = datetime.fromtimestamp(at / 1000, UTC).astimezone()
    return moment.isoformat(sep=" ", timespec="seconds")


def clock_time(at: Millis) -> str:
    """The same without its date, where that is clear."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone().strftime("%H:%M:%S")


def span(seconds: float) -> str:
    """How long, roughly: "3 min"."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "0 s"


def megabytes(number: int) -> str:
    """A size, roughly: `3.4 MB`."""
    return f"{number / (1 << 20):.1f} MB"


def count(number: int, what: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def show_grid(to: Console, grid: Table, width: int | None = None) -> None:
    """Without the blanks that a table ends its lines with; `width`: if not that of the console."""
    options = to.options if width is None else to.options.update_width(width)
    for line in to.render_lines(grid, options, pad=False):
        kept = list(line)
        while kept and not kept[-1].text.strip():
            kept.pop()
        if kept:
            last = kept.pop()
            kept.append(last._replace(text=last.text.rstrip()))
        to.print(Segments([*kept, Segment.line()]), end="", crop=False)


def _grid() -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def drawn(code: str) -> str:
    """A QR code in letters, two dots high each; where it is too wide for that, what it says."""
    out = StringIO()
    made = segno.make(code, micro=False)
    wide, columns = made.symbol_size()[0], console().width
    if wide > columns:
        why = f"The code is not drawn: it needs {wide} columns, and here are {columns}."
        return f"{printable(code)}\n{why}"
    made.terminal(out, compact=True)
    return out.getvalue()
