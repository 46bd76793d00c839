"""Nodes to Matrix HTML: only tags and attributes of the spec's table, and every text escaped.

Client-server spec v1.15, "m.room.message msgtypes". `span` carries colours, not the deprecated
`font`; white space that browsers would swallow becomes no-break spaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from bridgekit.richtext.canonical import canonical
from bridgekit.richtext.links import safe_url
from bridgekit.richtext.nodes import (
    Block,
    Bold,
    ChatMention,
    Code,
    CodeBlock,
    Color,
    CustomEmoji,
    Heading,
    Italic,
    LineBreak,
    Link,
    List,
    Mention,
    Node,
    Paragraph,
    Quote,
    RichText,
    RoomMention,
    Spoiler,
    Strike,
    Styled,
    Subscript,
    Superscript,
    Table,
    Text,
    Underline,
)
from bridgekit.richtext.plain import flow, inline, label

Pill = Callable[[Mention], str | None]

_SPACE = re.compile(r"[ \t\f]|[^ \t\f]+")
_TAGS: dict[type[Node], str] = {
    Bold: "strong",
    Italic: "em",
    Underline: "u",
    Strike: "del",
    Superscript: "sup",
    Subscript: "sub",
}

# Where a last space may stand before the end tag: readers of HTML move it behind. That would be
# no harm in a link, but its plain form has the URL there.
_INLINE = frozenset(_TAGS.values()) | {"span"}


def to_html(rich: RichText, pill: Pill) -> str:
    """`rich` as a `formatted_body`; `pill` gives a mention's matrix.to URL, None to show a name."""
    return _Writer(pill).written(canonical(rich))


def body_and_html(rich: RichText, pill: Pill) -> tuple[str, str | None]:
    """The `body`, and the `formatted_body` where it says more than the body does."""
    nodes = canonical(rich)
    formatted = any(_adds(node, pill) for node in nodes)
    return flow(nodes), _Writer(pill).written(nodes) if formatted else None


def _adds(node: Node, pill: Pill) -> bool:
    """Whether HTML shows more of `node` than a plain body, in which clients find links."""
    match node:
        case Text() | LineBreak() | RoomMention():
            return False
        case Mention():
            return pill(node) is not None
        case ChatMention() | CustomEmoji():
            return _url(node) is not None
        case Paragraph(children):
            return any(_adds(child, pill) for child in children)
        case Link(children, url):
            web = url.lower().startswith(("http://", "https://"))
            return not (
                web and all(isinstance(c, Text) for c in children) and inline(children) == url
            )
        case _:
            return True


def _url(node: ChatMention | CustomEmoji) -> str | None:
    match node:
        case ChatMention(url=url):
            return safe_url(url or "")
        case CustomEmoji(url=url):
            return url if url and url.startswith("mxc://") else None


class _Writer:
    """Writes canonical nodes in order; it knows the last space, since lines may not end in one."""

    def __init__(self, pill: Pill) -> None:
        self._pill = pill
        self._out: list[str] = []
        self._after_space = True  # a space that comes now would not be seen
        self._last_space: int | None = None  # where in `_out` the line ends in a space

    def written(self, nodes: RichText) -> str:
        self._nodes(nodes)
        self._end_line()
        return "".join(self._out)

    def _nodes(self, nodes: RichText) -> None:
        for node in nodes:
            if isinstance(node, Block):
                self._end_line()
                self._block(node)
                self._end_line()
            elif isinstance(node, Styled):
                self._style(node)
            else:
                self._leaf(node)

    def _leaf(self, node: Node) -> None:
        match node:
            case Text(text):
                self._text(text)
            case LineBreak():
                self._end_line()
                self._out.append("<br>")
            case Code(text):
                self._solid(f"<code>{escape(text)}</code>")
            case RoomMention():
                self._solid("@room")
            case Mention():
                self._anchor(self._pill(node), node.name)
            case ChatMention(name):
                self._anchor(_url(node), name)
            case CustomEmoji():
                self._emoji(node)

    def _text(self, text: str) -> None:
        for piece in _SPACE.findall(text):
            if piece not in " \t\f":
                self._solid(escape(piece, quote=False).replace("\xa0", "&nbsp;"))
            elif self._after_space or piece != " ":
                self._solid("&nbsp;")
            else:
                self._last_space, self._after_space = len(self._out), True
                self._out.append(" ")

    def _solid(self, html: str) -> None:
        self._out.append(html)
        self._after_space, self._last_space = False, None

    def _end_line(self) -> None:
        if self._last_space is not None:
            self._out[self._last_space] = "&nbsp;"
        self._after_space, self._last_space = True, None

    def _anchor(self, url: str | None, name: str) -> None:
        shown = escape(name, quote=False)
        self._solid(f'<a href="{escape(url)}">{shown}</a>' if url else shown)

    def _emoji(self, emoji: CustomEmoji) -> None:
        # height as MSC2545 has it: other clients show the picture in its full size
        name, url = escape(label(emoji)), _url(emoji)
        source = f'src="{escape(url or "")}" alt="{name}" title="{name}" height="32"'
        self._solid(f"<img data-mx-emoticon {source}>" if url else name)

    def _style(self, node: Styled) -> None:
        match node:
            case Link(children, url):
                self._element("a", children, {"href": url})
            case Spoiler(children, reason):
                self._element("span", children, {"data-mx-spoiler": reason or ""})
            case Color(children, foreground, background):
                colors = {"data-mx-color": foreground, "data-mx-bg-color": background}
                self._element("span", children, colors)
            case _:
                self._element(_TAGS[type(node)], node.children)

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph(children):
                self._element("p", children)
            case Heading(level, children):
                self._element(f"h{level}", children)
            case Quote(children):
                self._element("blockquote", children)
            case CodeBlock():
                self._code_block(block)
            case List(items, start):
                self._list(items, start)
            case Table():
                self._table(block)
            case _:
                self._out.append("<hr>")

    def _element(
        self, tag: str, nodes: RichText, attributes: dict[str, str | None] | None = None
    ) -> None:
        shown = (attributes or {}).items()
        values = "".join(f' {name}="{escape(value)}"' for name, value in shown if value is not None)
        self._out.append(f"<{tag}{values}>")
        self._nodes(nodes)
        if tag not in _INLINE:
            self._end_line()
        self._out.append(f"</{tag}>")

    def _code_block(self, block: CodeBlock) -> None:
        language = f' class="language-{escape(block.language)}"' if block.language else ""
        # One line feed at the end says nothing to a reader of HTML, so a real one needs another.
        end = "\n" if block.text.endswith("\n") else ""
        self._out.append(
            f"<pre><code{language}>{escape(block.text, quote=False)}{end}</code></pre>"
        )

    def _list(self, items: tuple[RichText, ...], start: int | None) -> None:
        tag = "ul" if start is None else "ol"
        number = f' start="{start}"' if start not in {None, 1} else ""
        self._out.append(f"<{tag}{number}>")
        for item in items:
            self._element("li", item)
        self._out.append(f"</{tag}>")

    def _table(self, table: Table) -> None:
        self._out.append("<table>")
        for index, row in enumerate(table.rows):
            head = table.header and index == 0
            self._out.append("<thead><tr>" if head else "<tr>")
            for cell in row:
                self._element("th" if head else "td", cell)
            self._out.append("</tr></thead>" if head else "</tr>")
        self._out.append("</table>")
