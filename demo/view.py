"""Both sides next to each other, as it happens: Matrix on the left, the network on the right."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
import time
from collections.abc import Iterable

_CODES = re.compile(
    r"[\x02\x0f\x11\x16\x1d\x1e\x1f]|\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04[0-9a-fA-F]{6}"
)


class View:
    """Prints; a line is never longer than the terminal is wide."""

    def __init__(self) -> None:
        self._width = max(72, min(shutil.get_terminal_size((100, 24)).columns, 140))
        self._column = (self._width - 13) // 2
        self._colour = sys.stdout.isatty()
        self._began = time.monotonic()

    def title(self, left: str, right: str) -> None:
        self._row(" " * 6, left, right, "1")
        print("─" * 7 + "┬" + "─" * (self._column + 2) + "┬" + "─" * (self._column + 1))

    def matrix(self, who: str, text: str) -> None:
        self._row(self._clock(), f"{who}  {text}", "", "36")

    def network(self, who: str, text: str) -> None:
        self._row(self._clock(), "", f"{who}  {readable(text)}", "32")

    def event(self, text: str) -> None:
        """Something that happens to the bridge itself."""
        line = f"{self._clock()} ── {text} "
        self._print(line + "─" * max(0, self._width - len(line)), "1;33")

    def say(self, text: str) -> None:
        print("\n".join(textwrap.wrap(text, self._width)) or "", flush=True)

    def well(self, how: str, doubts: Iterable[str]) -> None:
        """It ended well. `doubts`: of these no bridge can know whether they arrived, as the network
        cannot be asked; alice was told so, and they are not counted.
        """
        but = ", but for what was on its way then" if (told := sorted(doubts)) else ""
        self.say(f"✓ Both sides saw every line once{how}, over a kill -9{but}.")
        for one in told:
            self.say(f"  Alice was told that it may be lost: “{one}”")

    def _clock(self) -> str:
        return f"{time.monotonic() - self._began:5.1f}s"

    def _row(self, clock: str, left: str, right: str, colour: str) -> None:
        lefts, rights = _folded(left, self._column), _folded(right, self._column)
        for number in range(max(len(lefts), len(rights))):
            first = lefts[number] if number < len(lefts) else ""
            second = rights[number] if number < len(rights) else ""
            stamp = clock if number == 0 else " " * 6
            self._print(f"{stamp} │ {first:<{self._column}} │ {second}".rstrip(), colour)

    def _print(self, line: str, colour: str) -> None:
        print(f"\x1b[{colour}m{line}\x1b[0m" if self._colour else line, flush=True)


def _folded(text: str, width: int) -> list[str]:
    """Lines of at most `width`; what is longer without a blank, a link, begins on a new one."""
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    return [line[at : at + width] for line in lines for at in range(0, len(line) or 1, width)]


def readable(text: str) -> str:
    """An IRC line without its formatting codes, an action as a client shows it."""
    if text.startswith("\x01ACTION "):
        text = "* " + text.removeprefix("\x01ACTION ").rstrip("\x01")
    return "".join(letter for letter in _CODES.sub("", text) if letter.isprintable())
