"""Nodes to lines of IRC text: every kind of node has a readable form, and no line is empty."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import assert_never

from bridgekit import (
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
    Paragraph,
    Quote,
    RemoteUserID,
    RichText,
    RoomMention,
    Rule,
    Spoiler,
    Strike,
    Subscript,
    Superscript,
    Table,
    Text,
    Underline,
)
from bridges.irc.codes import PLAIN, Run, Style, merge
from bridges.irc.wire import printable

Line = tuple[Run, ...]
Spell = Callable[[RemoteUserID], str | None]
"""How somebody's nick is written, where that is known."""

_Piece = Run | None  # None: a line ends here
_HIDDEN = "#000000"
_LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_UNSAYABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_INDENT = "  "
_SCHEMES = ("", "http://", "https://", "mailto:", "tel:")


def lines(text: RichText, spell: Spell) -> list[Line]:
    """What to send, line by line; no line is blank, none ends in blanks."""
    match text:
        case (Text(said),) if said and said.isprintable() and said == said.rstrip():
            return [((said, PLAIN),)]  # most of what is said
    return _lines(_inside(text, PLAIN, spell))


def _lines(pieces: Iterable[_Piece]) -> list[Line]:
    found: list[list[Run]] = [[]]
    for piece in pieces:
        if piece is None:
            found.append([])
        else:
            found[-1].append(piece)
    return [line for line in map(_trimmed, found) if line]


def _trimmed(runs: list[Run]) -> Line:
    kept = list(merge(runs))
    while kept and not (text := kept[-1][0].rstrip()):
        kept.pop()
    if kept:
        kept[-1] = (text, kept[-1][1])
    return tuple(kept)


def _inside(nodes: RichText, style: Style, spell: Spell) -> Iterator[_Piece]:
    for node in nodes:
        match node:
            case Text(text):
                yield from _text(text, style)
            case Code(text):
                yield from _text(text, replace(style, mono=True))
            case LineBreak():
                yield None
            case Bold() | Italic() | Underline() | Strike() | Color() | Spoiler():
                yield from _styled(node, style, spell)
            case Link() | Superscript() | Subscript():
                yield from _marked(node, style, spell)
            case Mention() | ChatMention() | RoomMention() | CustomEmoji():
                yield printable(_name(node, spell)), style
            case _:
                yield None
                yield from _block(node, style, spell)
                yield None


def _styled(
    node: Bold | Italic | Underline | Strike | Color | Spoiler, style: Style, spell: Spell
) -> Iterator[_Piece]:
    match node:
        case Bold():
            style = replace(style, bold=True)
        case Italic():
            style = replace(style, italic=True)
        case Underline():
            style = replace(style, underline=True)
        case Strike():
            style = replace(style, strike=True)
        case Color():
            style = _colored(style, node)
        case Spoiler():
            yield from _text(f"({node.reason}) " if node.reason else "", style)
            style = replace(style, foreground=_HIDDEN, background=_HIDDEN)
        case _:
            assert_never(node)
    yield from _inside(node.children, style, spell)


def _marked(node: Link | Superscript | Subscript, style: Style, spell: Spell) -> Iterator[_Piece]:
    pieces = list(_inside(node.children, style, spell))
    shown = "".join(piece[0] for piece in pieces if piece).strip()
    if isinstance(node, Link):
        yield from pieces
        yield _behind(printable(node.url), shown), style
        return
    mark = "^" if isinstance(node, Superscript) else "_"
    short = len(shown) == 1
    yield mark if short else f"{mark}(", style
    yield from pieces
    yield "" if short else ")", style


def _behind(url: str, shown: str) -> str:
    """What follows the text of a link: nothing where that is the address already."""
    if not shown:
        return url
    written = {f"{scheme}{shown.removesuffix('/')}" for scheme in _SCHEMES}
    return "" if url.removesuffix("/") in written else f" ({url})"


def _name(node: Mention | ChatMention | RoomMention | CustomEmoji, spell: Spell) -> str:
    match node:
        case Mention(name, user):
            return (spell(user) if user else None) or name
        case ChatMention(name, chat, url):
            return chat or (f"{name} ({url})" if url else name)
        case RoomMention():
            return "@room"
        case CustomEmoji(name):
            return f":{name}:"


def _block(
    node: Paragraph | Heading | Quote | CodeBlock | List | Table | Rule, style: Style, spell: Spell
) -> Iterator[_Piece]:
    match node:
        case Paragraph(inner):
            yield from _inside(inner, style, spell)
        case Heading(_, inner):
            yield from _inside(inner, replace(style, bold=True), spell)
        case Quote(inner):
            yield from _indented(inner, style, spell, "> ", "> ")
        case CodeBlock(text):
            yield from _text(text, replace(style, mono=True))
        case List(items, start):
            for number, item in enumerate(items, start if start is not None else 1):
                bullet = "• " if start is None else f"{number}. "
                yield from _indented(item, style, spell, bullet, _INDENT)
        case Table():
            yield from _table(node, style, spell)
        case Rule():
            yield "---", style
        case _:
            assert_never(node)


def _text(text: str, style: Style) -> Iterator[_Piece]:
    for index, line in enumerate(_LINE_END.split(text)):
        if index:
            yield None
        # Controls would be codes, or CTCP: what looks like a format comes from nodes only.
        yield _UNSAYABLE.sub("", line.replace("\t", _INDENT)), style


def _colored(style: Style, node: Color) -> Style:
    if style.foreground and style.foreground == style.background:
        return style  # within a spoiler
    return replace(
        style,
        foreground=node.foreground or style.foreground,
        background=node.background or style.background,
    )


def _indented(
    inner: RichText, style: Style, spell: Spell, first: str, other: str
) -> Iterator[_Piece]:
    for index, line in enumerate(_lines(_inside(inner, style, spell))):
        yield None
        yield (other if index else first), style
        yield from line
    yield None


def _table(node: Table, style: Style, spell: Spell) -> Iterator[_Piece]:
    for index, row in enumerate(node.rows):
        look = replace(style, bold=True) if node.header and index == 0 else style
        yield None
        for column, cell in enumerate(row):
            if column:
                yield " | ", style
            # A cell of several lines is one on IRC.
            for position, line in enumerate(_lines(_inside(cell, look, spell))):
                yield (" " if position else ""), look
                yield from line
    yield None
