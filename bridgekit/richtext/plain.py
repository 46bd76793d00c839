"""Rich text as plain text, for bodies and for networks without formatting, and back.

Nothing that formatting carried is lost: links show their URL, lists their numbers, quotes `> `.
"""

from __future__ import annotations

from bridgekit.richtext.canonical import canonical, gap, segments
from bridgekit.richtext.links import tells_url
from bridgekit.richtext.nodes import (
    Block,
    ChatMention,
    Code,
    CodeBlock,
    CustomEmoji,
    Heading,
    LineBreak,
    Link,
    List,
    Mention,
    Node,
    Paragraph,
    Quote,
    RichText,
    RoomMention,
    Rule,
    Spoiler,
    Styled,
    Table,
    Text,
)


def plain(rich: RichText) -> str:
    """`rich` as readable text; lines end with a line feed, the last one with nothing."""
    return flow(canonical(rich))


def from_plain(text: str) -> RichText:
    """`text` as nodes; CR LF, CR and LF each end a line."""
    return canonical((Text(text),))


def label(node: Mention | ChatMention | RoomMention | CustomEmoji) -> str:
    """What a reference is shown as where it cannot be more than text."""
    match node:
        case RoomMention():
            return "@room"
        case CustomEmoji(name):
            return f":{name}:"
        case _:
            return node.name


def inline(nodes: RichText) -> str:
    """Canonical inline nodes as text."""
    return "".join(map(_inline_node, nodes))


def flow(rich: RichText) -> str:
    """Canonical nodes as text."""
    shown: list[str] = []
    before: RichText = ()
    for segment in segments(rich):
        if before:
            shown.append(gap(before, segment))
        shown.append(_segment(segment))
        before = segment
    return "".join(shown)


def _segment(segment: RichText) -> str:
    first = segment[0]
    return _block(first) if isinstance(first, Block) else inline(segment)


def _inline_node(node: Node) -> str:  # noqa: PLR0911 - a return per kind of node
    match node:
        case Text(text) | Code(text):
            return text
        case LineBreak():
            return "\n"
        case Link(children, url):
            shown = inline(children)
            return shown if tells_url(shown, url) else f"{shown} ({url})"
        case Spoiler(children, reason):
            warning = f"(spoiler: {reason})" if reason else "(spoiler)"
            return f"{warning} {inline(children)}"
        case Mention() | ChatMention() | RoomMention() | CustomEmoji():
            return label(node)
        case _ if isinstance(node, Styled):
            return inline(node.children)
        case _:
            return flow((node,))


def _block(block: Block) -> str:
    match block:
        case Paragraph(children) | Heading(_, children):
            return inline(children)
        case Quote(children):
            return _prefixed(flow(children), "> ", "> ")
        case CodeBlock(text):
            return text
        case List(items, start):
            return "\n".join(_item(item, number, start) for number, item in enumerate(items))
        case Table(rows):
            return "\n".join(" | ".join(map(_cell, row)) for row in rows)
        case Rule():
            return "---"


def _item(item: RichText, index: int, start: int | None) -> str:
    marker = "- " if start is None else f"{start + index}. "
    return _prefixed(flow(item), marker, " " * len(marker))


def _cell(cell: RichText) -> str:
    return " ".join(flow(cell).split("\n"))


def _prefixed(text: str, first: str, others: str) -> str:
    """`text` with `first` before its first line and `others` before the rest."""
    return first + text.replace("\n", "\n" + others)
