"""The one shape that all conversions start from, whatever tree an adapter built.

In a canonical tree text is sound Unicode without line feeds, neighbouring texts are one, nothing
is empty, links are safe to follow, and blocks never stand inside inline nodes or paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import get_args

from bridgekit.richtext.links import safe_url
from bridgekit.richtext.nodes import (
    Block,
    ChatMention,
    Code,
    CodeBlock,
    Color,
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
    Spoiler,
    Styled,
    Table,
    Text,
)
from bridgekit.richtext.walk import transform

_LINE_END = re.compile(r"\r\n|\r|\n")
_UNSOUND = re.compile(r"[\x00\ud800-\udfff]")
_BROKEN = re.compile(r"[\r\n\x00\ud800-\udfff]")
_COLOR = re.compile(r"#[0-9a-f]{6}")
_BLOCKS = frozenset(get_args(Block))  # much faster than isinstance, and asked of every node
_LANGUAGE = re.compile(r"[\w.+#-]{1,64}")


def canonical(rich: RichText) -> RichText:
    """The same text in canonical form; a canonical tree is returned equal."""
    match rich:
        case (Text(text),) if text and not _BROKEN.search(text):
            return rich  # as most messages are
    return _merged(node for child in rich for node in _canonical_node(child))


def segments(rich: RichText) -> Iterator[RichText]:
    """Runs of inline nodes, and each block by itself, in order."""
    for is_block, nodes in groupby(rich, lambda node: type(node) in _BLOCKS):
        if is_block:
            yield from ((node,) for node in nodes)
        else:
            yield tuple(nodes)


def gap(before: RichText, after: RichText) -> str:
    """What stands between two segments in plain text: two paragraphs are a line apart."""
    both = isinstance(before[0], Paragraph) and isinstance(after[0], Paragraph)
    return "\n\n" if both else "\n"


def sound(text: str) -> str:
    """`text` as UTF-8 and databases can hold it: no NUL, no half of a surrogate pair."""
    if not _UNSOUND.search(text):
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "\ufffd")


def lines(text: str) -> list[str]:
    """`text` at its line ends (CR LF, CR or LF), sound."""
    return _LINE_END.split(sound(text))


def one_line(text: str) -> str:
    """`text`, sound, with each run of white space as one space."""
    return " ".join(sound(text).split())


def _canonical_node(node: Node) -> RichText:  # noqa: PLR0911 - a return per kind of node
    match node:
        case Text(text):
            return _broken(text, Text)
        case Code(text):
            return _broken(text, Code)
        case Mention() | ChatMention() | CustomEmoji():
            return _named(node)
        case Link(children, url):
            return _link(canonical(children), url)
        case Color(children, foreground, background):
            return _color(canonical(children), foreground, background)
        case Spoiler(children, reason):
            return _styled(Spoiler((), one_line(reason or "") or None), canonical(children))
        case _ if isinstance(node, Styled):
            return _styled(node, canonical(node.children))
        case _:
            return _canonical_block(node)


def _canonical_block(node: Node) -> RichText:  # noqa: PLR0911 - a return per kind of node
    match node:
        case Paragraph(children):
            return _boxed(node, canonical(children))
        case Heading(level, children):
            return _boxed(Heading(min(max(level, 1), 6), ()), canonical(children))
        case Quote(children):
            quoted = canonical(children)
            return (Quote(quoted),) if quoted else ()
        case List(items, start):
            return (List(tuple(canonical(item) for item in items), start),) if items else ()
        case Table(rows, header):
            kept = tuple(tuple(canonical(cell) for cell in row) for row in rows if row)
            return (Table(kept, header),) if kept else ()
        case CodeBlock(text, language):
            known = language if language and _LANGUAGE.fullmatch(language) else None
            return (CodeBlock("\n".join(lines(text)), known),) if text else ()
        case _:
            return (node,)


def _broken(text: str, kind: type[Text | Code]) -> RichText:
    first, *rest = lines(text)
    nodes: list[Node] = [kind(first)] if first else []
    for line in rest:
        nodes.append(LineBreak())
        if line:
            nodes.append(kind(line))
    return tuple(nodes)


def _named(node: Mention | ChatMention | CustomEmoji) -> RichText:
    name = one_line(node.name)
    match node:
        case Mention(_, user, mxid):
            name = name or one_line(mxid or user or "")
        case ChatMention(_, chat, url):
            name = name or one_line(url or chat or "")
        case CustomEmoji(_, url):
            name = name.strip(":") or ("emoji" if url else "")
    return (replace(node, name=name),) if name else ()


def _link(children: RichText, url: str) -> RichText:
    label = children or canonical((Text(one_line(url)),))
    safe = safe_url(sound(url))
    if not safe:
        return label
    return _styled(Link((), safe), canonical(transform(label, _unlinked)))


def _unlinked(node: Node) -> RichText:
    """What a link can hold in place of `node`: a link within a link leads nowhere."""
    match node:
        case Link(children):
            return children
        case Mention() | ChatMention():
            return (Text(node.name),)
        case _:
            return (node,)


def _color(children: RichText, *colors: str | None) -> RichText:
    lower = (color.lower() if color else "" for color in colors)
    known = [color if _COLOR.fullmatch(color) else None for color in lower]
    return _styled(Color((), *known), children) if any(known) else children


def _styled(style: Styled, children: RichText) -> RichText:
    """`style` around `children`; blocks among them keep standing outside, styled within."""
    nodes: list[Node] = []
    for segment in segments(children):
        first = segment[0]
        if isinstance(first, Block):
            nodes.append(_styled_block(style, first))
        else:
            nodes.append(replace(style, children=segment))
    return tuple(nodes)


def _styled_block(style: Styled, block: Block) -> Block:
    match block:
        case Paragraph(children) | Heading(_, children) | Quote(children):
            return replace(block, children=_styled(style, children))
        case List(items, start):
            return List(tuple(_styled(style, item) for item in items), start)
        case Table(rows, header):
            styled = (tuple(_styled(style, cell) for cell in row) for row in rows)
            return Table(tuple(styled), header)
        case _:
            return block


def _boxed(box: Paragraph | Heading, children: RichText) -> RichText:
    """`box` around each run of inline nodes; blocks stand between the boxes."""
    nodes: list[Node] = []
    for segment in segments(children):
        blocks = isinstance(segment[0], Block)
        nodes += segment if blocks else (replace(box, children=segment),)
    return tuple(nodes)


def _merged(nodes: Iterator[Node]) -> RichText:
    merged: list[Node] = []
    for is_text, run in groupby(nodes, lambda node: isinstance(node, Text)):
        if is_text:
            merged.append(Text("".join(node.text for node in run if isinstance(node, Text))))
        else:
            merged += run
    return tuple(merged)
