"""The transcript of a rehearsal: two columns, Matrix and the network, and the trace between.

Where there is no terminal, or a narrow one, each line says at its beginning where it belongs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import StrEnum

from rich.box import Box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from bridgekit.printable import printable, printable_lines

_KEPT = 1000  # messages that can be named, and lines that can be waited for
_NARROW = 72
_NUMBER, _TIME = 3, 9  # characters
_BAR = Box("    \n  │ \n    \n  │ \n    \n    \n  │ \n    \n")


class Side(StrEnum):
    MATRIX = "matrix"
    NETWORK = "network"


class Screen:
    """`columns`: the sides stand beside each other. `time` gives the seconds since the start."""

    def __init__(
        self, to: Console, network: str, time: Callable[[], float], *, columns: bool
    ) -> None:
        self._to, self._time = to, time
        self._columns = columns and to.width >= _NARROW
        self._titles = {Side.MATRIX: "matrix", Side.NETWORK: network}
        self._count = 0
        self._messages: dict[int, tuple[Side, str]] = {}
        self._numbers: dict[tuple[Side, str], int] = {}
        self.shown: deque[str] = deque(maxlen=_KEPT)
        """What the bridge brought about, and how: what a script can wait for."""
        self.news = asyncio.Event()

    def heads(self) -> None:
        """What stands over the columns."""
        if self._columns:
            self._row(*(Text(printable(self._titles[side]), "bold") for side in Side))

    def message(self, side: Side, who: str, words: str, name: str | None, *, ours: bool) -> None:
        """Something happened on a side; `name`, its ID there, gives it a number to be called by.

        `ours`: the bridge did it.
        """
        number = Text("" if name is None else str(self._number(side, name)), "dim")
        said = Text(printable(who), "cyan" if ours else "bold green")
        said.append(f": {printable_lines(words)}", "default not bold")
        if self._columns:
            cell = _grid(_NUMBER, number, said)
            self._row(*((cell, "") if side is Side.MATRIX else ("", cell)))
        else:
            title = printable(self._titles[side])
            self._line(f"{title:<10} {number.plain:>{_NUMBER}} ", said)
        if ours:
            self._note(f"{who}: {words}")

    def trace(self, line: str, style: str = "dim") -> None:
        """What became of something, or how it got there."""
        time, text = f"{self._time():{_TIME}.2f} s", Text(printable_lines(line), style)
        if self._columns:
            self._to.print(_grid(_TIME + 2, Text(time, style), text))
        else:
            self._line(f"{time}  ", text)
        self._note(line)

    def trouble(self, line: str) -> None:
        self.trace(line, "red")

    def answer(self, line: str) -> None:
        """To whoever types."""
        self._line("", Text(printable_lines(line), "yellow"))

    @property
    def console(self) -> Console:
        return self._to

    # What is called by a number.

    def find(self, number: int) -> tuple[Side, str] | None:
        """The side and the ID of a message."""
        return self._messages.get(number)

    def number(self, side: Side, name: str) -> str:
        """What a message is called here; what never was shown, by its ID."""
        number = self._numbers.get((side, name))
        return name if number is None else str(number)

    def _number(self, side: Side, name: str) -> int:
        known = self._numbers.get((side, name))
        if known is not None:
            return known
        self._count += 1
        self._messages[self._count] = (side, name)
        self._numbers[side, name] = self._count
        if len(self._messages) > _KEPT:
            oldest = next(iter(self._messages))
            del self._numbers[self._messages.pop(oldest)]
        return self._count

    # Printing.

    def _note(self, line: str) -> None:
        self.shown.append(line)
        self.news.set()

    def _row(self, left: RenderableType, right: RenderableType) -> None:
        half = (self._to.width - 3) // 2
        row = Table(box=_BAR, show_header=False, show_edge=False, padding=0, pad_edge=False)
        row.add_column(width=half, overflow="fold")
        row.add_column(width=half, overflow="fold")
        row.add_row(left, right)
        self._to.print(row)

    def _line(self, begin: str, text: Text) -> None:
        """Unbroken, however long: for programs it is one line."""
        self._to.print(Text(begin).append_text(text), soft_wrap=True)


def _grid(width: int, begin: Text, text: Text) -> Table:
    """A line whose later rows stand under its text."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=width, justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(begin, text)
    return grid
