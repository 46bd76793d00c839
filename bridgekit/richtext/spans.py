"""A tree laid along its own text, so that any stretch of the text can be cut out of the tree.

`Content.text` has the characters of all leaves in order, a stand-in for each thing that must stay
whole, and line feeds between blocks; `Content.cut` gives the nodes of a stretch, all formatted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridgekit.richtext.canonical import gap, segments
from bridgekit.richtext.links import tells_url
from bridgekit.richtext.nodes import (
    Code,
    CodeBlock,
    Heading,
    LineBreak,
    Link,
    List,
    Node,
    Paragraph,
    Quote,
    RichText,
    Styled,
    Table,
    Text,
)
from bridgekit.richtext.plain import inline

_STAND_IN = "\ufffc"


@dataclass(frozen=True, slots=True)
class _Span:
    """What lies from `start` to `end`: a node, or (None) an item of a list or part of a table."""

    node: Node | None
    start: int
    end: int
    inner: tuple[_Span, ...] = ()


class Content:
    """A canonical tree and its text."""

    def __init__(self, rich: RichText) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._spans = self._flow(rich)
        self.text = "".join(self._pieces)

    def cut(self, start: int, end: int) -> RichText:
        """The nodes of `text[start:end]`; what it holds of line feeds between blocks is none."""
        return _cut_all(self._spans, start, end)

    def _flow(self, rich: RichText) -> tuple[_Span, ...]:
        spans: list[_Span] = []
        before: RichText = ()
        for segment in segments(rich):
            if before:
                self._add(gap(before, segment))
            spans += map(self._span, segment)
            before = segment
        return tuple(spans)

    def _span(self, node: Node) -> _Span:
        start = self._length
        inner: tuple[_Span, ...] = ()
        match node:
            case Text(text) | Code(text) | CodeBlock(text):
                self._add(text)
            case LineBreak():
                self._add("\n")
            case List(items):
                inner = self._parts(items, "\n")
            case Table(rows):
                inner = tuple(self._row(row, index) for index, row in enumerate(rows))
            case Paragraph(children) | Heading(_, children) | Quote(children):
                inner = self._flow(children)
            case _ if isinstance(node, Styled) and not _is_bare_link(node):
                inner = self._flow(node.children)
            case _:
                self._add(_STAND_IN)
        return _Span(node, start, self._length, inner)

    def _row(self, row: Sequence[RichText], index: int) -> _Span:
        self._add("\n" if index else "")
        start = self._length
        cells = self._parts(row, " ")
        return _Span(None, start, self._length, cells)

    def _parts(self, parts: Sequence[RichText], between: str) -> tuple[_Span, ...]:
        spans: list[_Span] = []
        for index, part in enumerate(parts):
            self._add(between if index else "")
            start = self._length
            inner = self._flow(part)
            spans.append(_Span(None, start, self._length, inner))
        return tuple(spans)

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)


def _is_bare_link(node: Node) -> bool:
    """A link that shows its own URL: half of it would be of no use."""
    return isinstance(node, Link) and tells_url(inline(node.children), node.url)


def _touched(spans: Sequence[_Span], start: int, end: int) -> tuple[int, int]:
    """Which of `spans`, first and behind the last, have something between `start` and `end`."""
    first = bisect_right(spans, start, key=lambda span: span.end)
    return first, max(first, bisect_left(spans, end, key=lambda span: span.start))


def _cut_all(spans: Sequence[_Span], start: int, end: int) -> RichText:
    first, last = _touched(spans, start, end)
    cut = (_cut(span, start, end) for span in spans[first:last])
    return tuple(node for node in cut if node is not None)


def _cut(span: _Span, start: int, end: int) -> Node | None:
    node = span.node
    if start <= span.start and span.end <= end:
        return node
    match node:
        case Text(text) | Code(text) | CodeBlock(text):
            left = max(start - span.start, 0)
            return replace(node, text=text[left : end - span.start])
        case List(start=number):
            first, items = _cut_parts(span.inner, start, end)
            return List(items, None if number is None else number + first)
        case Table(header=header):
            first, last = _touched(span.inner, start, end)
            rows = (_cut_parts(row.inner, start, end)[1] for row in span.inner[first:last])
            return Table(tuple(rows), header and first == 0)
        case _ if isinstance(node, Paragraph | Heading | Quote | Styled):
            return replace(node, children=_cut_all(span.inner, start, end))
        case _:
            return node


def _cut_parts(parts: Sequence[_Span], start: int, end: int) -> tuple[int, tuple[RichText, ...]]:
    first, last = _touched(parts, start, end)
    return first, tuple(_cut_all(part.inner, start, end) for part in parts[first:last])
