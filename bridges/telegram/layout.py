"""Nodes as Telegram's text and entities: never markup that Telegram would parse. Pure.

Bot API, "MessageEntity" and "Formatting options". Every kind of node has a readable form.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from telegram import MessageEntity, User
from telegram.constants import MessageEntityType as Kind

from bridgekit import (
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
    MessageKind,
    Node,
    Paragraph,
    Quote,
    RichText,
    RoomMention,
    Rule,
    Spoiler,
    Strike,
    Styled,
    Subscript,
    Superscript,
    Table,
    Text,
    Underline,
    canonical,
    plain,
    utf16,
)
from bridges.telegram.ids import peer_of
from bridges.telegram.links import leads_anywhere
from bridges.telegram.tables import drawn
from bridges.telegram.verbatim import apart, between

MOST_ENTITIES = 100  # Telegram ignores what comes after them
_LONGEST_NAME = 128  # letters; there must be room for what is said

_STYLES = {
    Bold: Kind.BOLD,
    Italic: Kind.ITALIC,
    Underline: Kind.UNDERLINE,
    Strike: Kind.STRIKETHROUGH,
    Spoiler: Kind.SPOILER,
}


@dataclass(frozen=True, slots=True)
class Formatted:
    """What is sent; `size` is what Telegram's limits count."""

    text: str
    entities: tuple[MessageEntity, ...] = ()

    @property
    def size(self) -> int:
        return utf16(self.text)


@dataclass(frozen=True, slots=True)
class Author:
    """Whose words they are, by the operator's template; None: the bot's own."""

    name: str
    template: str

    def before(self, kind: MessageKind) -> tuple[str, str]:
        """What stands before the text: in bold, and after that."""
        name = " ".join(self.name.split())[:_LONGEST_NAME]
        if kind is MessageKind.EMOTE:
            return f"* {name}", " "
        whole = self.template.replace("{name}", name)
        shown = whole.rstrip()
        return shown, whole[len(shown) :]


def formatted(rich: RichText, kind: MessageKind, author: Author | None) -> Formatted:
    """The text with its author's name before it. Blank ends are cut off, as Telegram does."""
    nodes, writer = canonical(rich), _Writer()
    if author is not None:
        name, space = author.before(kind)
        with writer.style(Kind.BOLD):
            writer.write(name)
        writer.write("\n" if nodes and isinstance(nodes[0], Block) else space)
    writer.flow(nodes)
    return _trimmed(writer.text, apart(writer.entities))


def _trimmed(text: str, entities: list[MessageEntity]) -> Formatted:
    kept = text.strip()
    if kept == text:
        return Formatted(text, tuple(entities[:MOST_ENTITIES]))
    cut, size = utf16(text[: len(text) - len(text.lstrip())]), utf16(kept)
    moved = []
    for entity in entities:
        start = max(entity.offset - cut, 0)
        end = min(entity.offset + entity.length - cut, size)
        if start < end:
            moved.append(between(start, end, entity))
    return Formatted(kept, tuple(moved[:MOST_ENTITIES]))


class _Writer:
    """Text and entities, written side by side."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._margin = ""  # what each line begins with
        self._quoted = self._linked = False
        self._open: list[MessageEntity | None] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    @property
    def entities(self) -> list[MessageEntity]:
        return [entity for entity in self._open if entity is not None]

    def write(self, text: str) -> None:
        self._parts.append(text)
        self._size += utf16(text)

    def newline(self) -> None:
        self.write(f"\n{self._margin}")

    @contextmanager
    def style(self, kind: str, **about: Any) -> Iterator[None]:
        """An entity around what is written inside; outer ones come first."""
        place, start = len(self._open), self._size
        self._open.append(None)
        yield
        if self._size > start:
            self._open[place] = MessageEntity(kind, start, self._size - start, **about)

    @contextmanager
    def _indented(self, margin: str) -> Iterator[None]:
        before, self._margin = self._margin, self._margin + margin
        yield
        self._margin = before

    def flow(self, nodes: RichText) -> None:
        before: Node | None = None
        for node in nodes:
            if before is not None and (isinstance(node, Block) or isinstance(before, Block)):
                self.newline()
                if isinstance(node, Paragraph) and isinstance(before, Paragraph):
                    self.newline()
            self._node(node)
            before = node

    def _node(self, node: Node) -> None:
        match node:
            case Text(text):
                self.write(text)
            case Code(text) if self._linked:  # where it leads matters more, and it cannot be both
                self.write(text)
            case Code(text):
                with self.style(Kind.CODE):
                    self.write(text)
            case LineBreak():
                self.newline()
            case Mention() | ChatMention() | RoomMention() | CustomEmoji():
                self._reference(node)
            case _ if isinstance(node, Styled):
                self._styled(node)
            case _:
                self._block(node)

    def _reference(self, node: Mention | ChatMention | RoomMention | CustomEmoji) -> None:
        match node:
            case Mention(name, user):
                peer = peer_of(user) if user is not None else None
                if peer is None or peer < 0:
                    self.write(name)
                    return
                with self.style(Kind.TEXT_MENTION, user=User(peer, name, is_bot=False)):
                    self.write(name)
            case ChatMention(name, _, url) if url:
                with self.style(Kind.TEXT_LINK, url=url):
                    self.write(name)
            case ChatMention(name):
                self.write(name)
            case RoomMention():
                self.write("@room")
            case CustomEmoji(name):
                self.write(f":{name}:")

    def _styled(self, node: Styled) -> None:
        match node:
            case Link(children, url):
                self._link(children, url)
            case Superscript(children) | Subscript(children):
                self._raised("^" if isinstance(node, Superscript) else "_", children)
            case Color(children):
                self.flow(children)
            case _:
                if isinstance(node, Spoiler) and node.reason:
                    self.write(f"({node.reason}) ")
                with self.style(_STYLES[type(node)]):
                    self.flow(node.children)

    def _link(self, children: RichText, url: str) -> None:
        """Telegram refuses the message for a link that leads elsewhere than into the web."""
        if leads_anywhere(url):
            self._linked = True
            with self.style(Kind.TEXT_LINK, url=url):
                self.flow(children)
            self._linked = False
            return
        self.flow(children)
        if plain(children).strip() not in (url, url.partition(":")[2]):
            self.write(f" ({url})")

    def _raised(self, mark: str, children: RichText) -> None:
        short = len(plain(children)) == 1
        self.write(mark if short else f"{mark}(")
        self.flow(children)
        self.write("" if short else ")")

    def _block(self, node: Node) -> None:
        match node:
            case Paragraph(children):
                self.flow(children)
            case Heading(_, children):
                with self.style(Kind.BOLD):
                    self.flow(children)
            case Quote(children):
                self._quote(children)
            case CodeBlock(text, language):
                self._verbatim(text, language)
            case List(items, start):
                self._list(items, start)
            case Table():
                self._verbatim(drawn(node), None)
            case Rule():
                self.write("———")

    def _quote(self, children: RichText) -> None:
        if self._quoted:  # one cannot hold another on Telegram
            self.write("> ")
            with self._indented("> "):
                self.flow(children)
            return
        self._quoted = True
        with self.style(Kind.BLOCKQUOTE):
            self.flow(children)
        self._quoted = False

    def _verbatim(self, text: str, language: str | None) -> None:
        with self.style(Kind.PRE, language=language):
            for number, line in enumerate(text.split("\n")):
                if number:
                    self.newline()
                self.write(line)

    def _list(self, items: tuple[RichText, ...], start: int | None) -> None:
        for number, item in enumerate(items):
            if number:
                self.newline()
            self.write("• " if start is None else f"{start + number}. ")
            with self._indented("  "):
                self.flow(item)
