"""Matrix HTML to nodes: what anybody may send becomes a tree that is safe and bounded.

A builder takes the tokens one by one and keeps the open elements on a stack. It knows what the
HTML standard says on implied end tags, as far as messages need it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bridgekit.richtext import html_tags
from bridgekit.richtext.canonical import canonical
from bridgekit.richtext.html_space import Line
from bridgekit.richtext.html_tags import BOXES, CELLS, HEADINGS, LINES, LISTS, STYLES, Build
from bridgekit.richtext.html_tokens import Attributes, EndTag, StartTag, tokens
from bridgekit.richtext.nodes import List, Node, RichText, Rule, Table, Text

MAX_DEPTH = 100  # client-server spec, "Tags must not be nested more than 100 levels deep"
# Fewer where each line repeats all that it stands in: 60 kB must not become megabytes.
MAX_STYLES = 10  # inline elements within each other
MAX_NESTED = 16  # quotes, lists and tables within each other

_ROW_GROUPS = frozenset({"thead", "tbody", "tfoot"})
_IN_TABLES = frozenset({"table", "tr", "caption", *CELLS})
_NESTING = frozenset({"blockquote", "table", *LISTS})
# Where an element belongs: it ends everything that is open in there. Elsewhere it is a mere line.
_PLACES = {
    "li": LISTS,
    **dict.fromkeys(CELLS, frozenset({"tr", "table"})),
    **dict.fromkeys(["tr", "caption", *_ROW_GROUPS], frozenset({"table"})),
}
_LIST_LIMITS = frozenset({"blockquote", "pre", "table", *CELLS})


def from_html(source: str) -> RichText:
    """The canonical tree for a `formatted_body`; never raises, whatever `source` is."""
    builder = _Builder()
    for token in tokens(source):
        match token:
            case StartTag(name, attributes):
                builder.start(name, attributes)
            case EndTag(name):
                builder.end(name)
            case text:
                builder.text(text)
    return canonical(builder.finish())


@dataclass(slots=True)
class _Element:
    """An open element. `parts` are the finished items of a list or cells of a row."""

    tag: str
    build: Build = lambda children: children
    children: list[Node] = field(default_factory=list)
    parts: list[RichText] = field(default_factory=list)
    rows: list[tuple[RichText, ...]] = field(default_factory=list)
    heads: list[bool] = field(default_factory=list)  # of each part or row: made of `th`
    language: str | None = None
    start: int | None = None
    again: bool = False  # re-opened after an element that it overlaps

    def settle(self) -> None:
        """Give what stands loose in a list or row to its last part."""
        loose, self.children = tuple(self.children), []
        if loose and self.parts:
            self.parts[-1] += loose
        elif loose:
            self.parts.append(loose)


class _Builder:
    def __init__(self) -> None:
        self._stack = [_Element("")]
        self._line = Line()
        self._too_deep: Counter[str] = Counter()
        self._styles = 0
        self._nested = 0
        self._verbatim = 0
        self._pre_begins = False

    def text(self, text: str) -> None:
        if self._pre_begins:  # a line feed right behind <pre> is not seen (HTML, 13.1.2.5)
            text, self._pre_begins = text.removeprefix("\n"), False
        if not self._verbatim:
            self._line.write(self._top.children, text)
        elif text:
            self._line.add(self._top.children, Text(text))

    def start(self, tag: str, attributes: Attributes) -> None:
        self._pre_begins = False
        match tag:
            case "br":
                self._line.break_here(self._top.children)
            case "hr":
                self._end_paragraph(tag)
                self._line.end_block(self._top.children)
                self._top.children.append(Rule())
            case "img":
                for node in html_tags.picture(attributes):
                    self._line.add(self._top.children, node)
            case _ if tag in STYLES:
                self._start_style(tag, attributes)
            case _ if tag in BOXES or tag in LINES:
                self._start_block(tag, attributes)

    def end(self, tag: str) -> None:
        self._pre_begins = False
        if tag == "br":  # as browsers read it
            self._line.break_here(self._top.children)
        elif self._too_deep[tag]:
            self._too_deep[tag] -= 1
            self._line.end(self._top.children)
        elif tag in STYLES:
            self._end_style(tag)
        elif index := self._open_block(tag):
            self._close(index)

    def finish(self) -> RichText:
        self._close(1)
        self._line.end_block(self._top.children)
        return tuple(self._top.children)

    @property
    def _top(self) -> _Element:
        return self._stack[-1]

    # Inline elements.

    def _start_style(self, tag: str, attributes: Attributes) -> None:
        if tag == "a":
            self._end_style("a")
        if tag == "code" and self._verbatim:
            self._top.language = self._top.language or html_tags.language(attributes)
        elif self._styles < MAX_STYLES and len(self._stack) <= MAX_DEPTH:
            self._line.before_style(self._top.children)
            self._push(_Element(tag, html_tags.style(tag, attributes)))

    def _end_style(self, tag: str) -> None:
        """Close an inline element; those that overlap it go on behind it, as in browsers."""
        for index in range(len(self._stack) - 1, 0, -1):
            if self._stack[index].tag == tag:
                overlapping = self._stack[index + 1 :]
                self._close(index)
                for element in overlapping:
                    self._push(_Element(element.tag, element.build, again=True))
                return
            if self._stack[index].tag not in STYLES:
                return

    # Block elements.

    def _start_block(self, tag: str, attributes: Attributes) -> None:
        placed = self._go_to_place(tag)
        if placed and tag in BOXES:
            self._line.end_block(self._top.children)
        else:
            self._line.end(self._top.children)
        if len(self._stack) > MAX_DEPTH or (tag in _NESTING and self._nested >= MAX_NESTED):
            self._too_deep[tag] += 1
        elif not placed:
            self._push(_Element("div"))
        elif tag not in _ROW_GROUPS:
            self._push_block(tag, attributes)

    def _push_block(self, tag: str, attributes: Attributes) -> None:
        if tag in CELLS and self._top.tag == "table":
            self._push(_Element("tr"))
        start = html_tags.first_number(attributes) if tag == "ol" else None
        self._push(_Element(tag, html_tags.block(tag, attributes), start=start))
        self._pre_begins = tag == "pre"

    def _go_to_place(self, tag: str) -> bool:
        """End what `tag` ends by beginning; False if it is nowhere near where it belongs."""
        places = _PLACES.get(tag)
        for index in range(len(self._stack) - 1, 0, -1) if places else ():
            open_tag = self._stack[index].tag
            if places and open_tag in places:
                self._close(index + 1)
                if open_tag != "table":
                    self._top.settle()
                return True
            if tag == "li" and open_tag in _LIST_LIMITS:
                break
        self._end_paragraph(tag)
        return not places

    def _end_paragraph(self, tag: str) -> None:
        """A block ends the paragraph, a heading also the heading, that it begins in."""
        ended = {"p", *HEADINGS} if tag in HEADINGS else {"p"}
        for index in range(len(self._stack) - 1, 0, -1):
            if self._stack[index].tag in ended:
                self._close(index)
                return
            if self._stack[index].tag not in STYLES:
                return

    def _open_block(self, tag: str) -> int | None:
        """Where `tag` is open; what a table holds does not reach out of it."""
        for index in range(len(self._stack) - 1, 0, -1):
            if self._stack[index].tag == tag:
                return index
            if self._stack[index].tag in _IN_TABLES and tag not in _IN_TABLES:
                return None
        return None

    # The stack.

    def _push(self, element: _Element) -> None:
        self._stack.append(element)
        self._styles += element.tag in STYLES
        self._nested += element.tag in _NESTING
        self._verbatim += element.tag in {"code", "pre"}

    def _close(self, index: int) -> None:
        """Close the elements from `index` on, the innermost first."""
        while len(self._stack) > index:
            element = self._top
            if element.tag in BOXES:
                self._line.end_block(element.children)
            elif element.tag in LINES:
                self._line.end(element.children)
            self._stack.pop()
            self._styles -= element.tag in STYLES
            self._nested -= element.tag in _NESTING
            self._verbatim -= element.tag in {"code", "pre"}
            self._too_deep.clear()
            self._attach(element)

    def _attach(self, element: _Element) -> None:
        parent, children = self._top, tuple(element.children)
        match element.tag:
            case "li" | "td" | "th":
                parent.parts.append(children)
                parent.heads.append(element.tag == "th")
            case "tr":
                element.settle()
                parent.rows.append(tuple(element.parts))
                parent.heads.append(all(element.heads))
            case "table":
                header = element.heads[:1] == [True]
                parent.children += (*children, Table(tuple(element.rows), header))
            case "ul" | "ol":
                element.settle()
                parent.children.append(List(tuple(element.parts), element.start))
            case "pre":
                parent.children += html_tags.code_block(children, element.language)
            case _ if children or not element.again:
                parent.children += element.build(children)
