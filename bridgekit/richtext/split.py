"""Rich text in parts that a network takes, each formatted as the whole was.

A part ends at a paragraph if one ends in its second half, else so at a line, else at a word, else
between two characters. Only the white space that a cut falls on is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from bridgekit.richtext.canonical import canonical, sound
from bridgekit.richtext.graphemes import boundary
from bridgekit.richtext.links import tells_url
from bridgekit.richtext.nodes import (
    ChatMention,
    CustomEmoji,
    LineBreak,
    Link,
    Mention,
    Node,
    RichText,
    RoomMention,
    Spoiler,
    Text,
)
from bridgekit.richtext.plain import flow, from_plain, inline, label
from bridgekit.richtext.spans import Content
from bridgekit.richtext.walk import transform

Measure = Callable[[str], int]

_SPACE_AT_CUT = re.compile(r"[ \t]*\n*")


def chars(text: str) -> int:
    """Length in Unicode code points."""
    return len(text)


def utf16(text: str) -> int:
    """Length in UTF-16 code units, as JavaScript and Telegram count."""
    return len(sound(text).encode("utf-16-le")) // 2


def utf8(text: str) -> int:
    """Length in bytes of UTF-8."""
    return len(sound(text).encode())


def split(rich: RichText, limit: int, measure: Measure = chars) -> list[RichText]:
    """Parts of which none is blank and `measure(plain(part))` is at most `limit`.

    `measure` must not shrink when text is added and counts at least 1 per character. A single
    character that measures more than `limit` is a part by itself. Blank text has no parts.
    """
    nodes = canonical(rich)
    if measure(flow(nodes)) <= limit:
        parts = iter([nodes])
    else:
        light = transform(nodes, lambda node: _lightened(node, limit, measure))
        parts = _Splitter(canonical(light), limit, measure).parts()
    return [part for part in parts if flow(part).strip()]


def _lightened(node: Node, limit: int, measure: Measure) -> RichText:
    """`node`, or text in its place where each part would repeat, or not hold, what it shows."""
    match node:
        case Link(children, url) if tells_url(inline(children), url):
            return children if measure(inline(children)) > limit else (node,)
        case Link(children, url) if measure(url) > limit // 2:
            return (*children, Text(f" ({url})"))
        case Spoiler(children, reason) if measure(reason or "") > limit // 2:
            return (Text(f"(spoiler: {reason}) "), *children)
        case Mention() | ChatMention() | RoomMention() | CustomEmoji():
            shown = label(node)
            return (Text(shown),) if measure(shown) > limit else (node,)
        case _:
            return (node,)


class _Splitter:
    def __init__(self, nodes: RichText, limit: int, measure: Measure) -> None:
        self._bare = all(isinstance(node, Text | LineBreak) for node in nodes)
        self._content = Content(nodes)
        self._text = self._content.text
        self._limit = limit
        self._measure = measure

    def parts(self) -> Iterator[RichText]:
        start = 0
        while start < len(self._text):
            reach = self._reach(start)
            if reach == start and not self._bare:
                # Not one character fits beside its formatting (quotes within quotes): without it.
                rest = from_plain(flow(self._content.cut(start, len(self._text))))
                yield from _Splitter(rest, self._limit, self._measure).parts()
                return
            end = self._end(start, max(reach, start + 1))
            yield canonical(self._content.cut(start, end))
            start = self._after(end)

    def _reach(self, start: int) -> int:
        """How far a part from `start` can go; `start` if no character fits."""
        stop = min(len(self._text), start + max(self._limit, 0))
        size = self._bare_size if self._bare else self._size
        low, high = start, start + 1  # from `start` to `low` fits, to `high` perhaps not
        while high < stop and size(start, high) <= self._limit:
            low, high = high, start + 2 * (high - start)
        high = min(high, stop)
        return low + bisect_right(
            range(low + 1, high + 1), self._limit, key=lambda end: size(start, end)
        )

    def _bare_size(self, start: int, end: int) -> int:
        return self._measure(self._text[start:end])

    def _size(self, start: int, end: int) -> int:
        return self._measure(flow(self._content.cut(start, end)))

    def _end(self, start: int, reach: int) -> int:
        """The best place for a part from `start` to end, at `reach` or before."""
        if reach == len(self._text):
            return reach
        best = self._best_end(start, reach)
        # Where half a link shows its URL and the whole does not, less text can be longer.
        return best if self._bare or self._size(start, best) <= self._limit else reach

    def _best_end(self, start: int, reach: int) -> int:
        half = (start + reach) // 2
        found = self._text.rfind("\n\n", half, reach + 2)
        if found <= start:
            found = self._text.rfind("\n", half, reach + 1)
        if found <= start:
            found = max(self._text.rfind(space, start, reach + 1) for space in " \t\n")
        while found > start and self._text[found - 1] in " \t\n":
            found -= 1
        return found if found > start else boundary(self._text, start, reach)

    def _after(self, end: int) -> int:
        space = _SPACE_AT_CUT.match(self._text, end)
        return space.end() if space else end
