"""Which white space of HTML is seen: as in browsers, runs are one space and line ends have none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridgekit.richtext.nodes import LineBreak, Node, Text

_SPACE = re.compile(r"[ \t\n\f\r]+")


@dataclass(slots=True)
class Line:
    """The line that is being written, across all elements that it runs through.

    `into` is always the content of the innermost open element.
    """

    empty: bool = True  # white space that comes now is not seen
    space: bool = False  # white space has come that is seen if something follows
    spaced: bool = False  # the last node written is white space, before an inline element
    break_due: bool = False  # the line has ended; another begins if something follows

    def write(self, into: list[Node], text: str) -> None:
        """Add text with its white space collapsed."""
        seen = _SPACE.sub(" ", text)
        words = seen.strip(" ")
        if seen.startswith(" "):
            self._note_space()
        if words:
            self.add(into, Text(words))
            if seen.endswith(" "):
                self._note_space()

    def add(self, into: list[Node], node: Node) -> None:
        """Add an inline node as it is."""
        if self.break_due:
            into.append(LineBreak())
        elif self.space:
            into.append(Text(" "))
        into.append(node)
        self.empty = self.space = self.spaced = self.break_due = False

    def before_style(self, into: list[Node]) -> None:
        """An inline element begins: a space before it stays before it."""
        if self.space:
            into.append(Text(" "))
            self.space, self.spaced = False, True

    def break_here(self, into: list[Node]) -> None:
        """Begin another line, even if nothing follows."""
        self._trim(into)
        if self.break_due:
            into.append(LineBreak())
        into.append(LineBreak())
        self.empty, self.break_due = True, False

    def end(self, into: list[Node]) -> None:
        """The line ends, if there is something on it."""
        self._trim(into)
        self.break_due = self.break_due or not self.empty
        self.empty = True

    def end_block(self, into: list[Node]) -> None:
        """A block begins or ends, which parts the lines without a line break."""
        self._trim(into)
        self.empty, self.break_due = True, False

    def _note_space(self) -> None:
        if not (self.empty or self.spaced or self.break_due):
            self.space = True

    def _trim(self, into: list[Node]) -> None:
        if self.spaced and into and into[-1] == Text(" "):
            into.pop()
        self.space = self.spaced = False
