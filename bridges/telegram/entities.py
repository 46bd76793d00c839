"""Telegram's text and entities as nodes. Pure.

Bot API, "MessageEntity": offsets and lengths count UTF-16 code units. What is out of range, splits
a character or crosses another entity is put right here: the text always arrives.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from telegram import MessageEntity
from telegram.constants import MessageEntityType as Kind

from bridgekit import (
    Bold,
    Code,
    CodeBlock,
    Italic,
    Link,
    Mention,
    Node,
    Quote,
    RemoteUserID,
    RichText,
    Spoiler,
    Strike,
    Text,
    Underline,
    canonical,
    utf16,
)
from bridges.telegram.ids import user_id

Known = Callable[[str], RemoteUserID | None]
"""Who goes by a username (without its @), where that is known."""

_DEEPEST = 40  # entities within entities; Matrix takes HTML of a depth of 100
_QUOTES = (Kind.BLOCKQUOTE, Kind.EXPANDABLE_BLOCKQUOTE)
_BLOCKS = (*_QUOTES, Kind.PRE)
_VERBATIM = (Kind.PRE, Kind.CODE)


@dataclass(frozen=True, slots=True)
class _Span:
    """An entity from `start` to `end`, in characters of the text."""

    start: int
    end: int
    entity: MessageEntity


def rich_text(text: str, entities: Sequence[MessageEntity], known: Known) -> RichText:
    """What a message says, whatever its entities are like."""
    spans = sorted(_spans(text, entities), key=lambda span: (span.start, span.start - span.end))
    return canonical(tuple(_Reader(text, known).nodes(0, len(text), spans, 0)))


def _spans(text: str, entities: Sequence[MessageEntity]) -> Iterator[_Span]:
    places = _places(text)
    for entity in entities:
        end = min(entity.offset + entity.length, places[-1])
        if entity.length > 0 and 0 <= entity.offset < end:
            start = bisect_right(places, entity.offset) - 1
            yield _Span(start, bisect_left(places, end), entity)


def _places(text: str) -> list[int]:
    """Where each character begins, and the last one ends, in UTF-16."""
    places, place = [0], 0
    for letter in text:
        place += utf16(letter)
        places.append(place)
    return places


class _Reader:
    """Nests spans: those that begin first, and of these the longest, are outside."""

    def __init__(self, text: str, known: Known) -> None:
        self._text, self._known = text, known

    def nodes(self, start: int, end: int, spans: Sequence[_Span], depth: int) -> Iterator[Node]:
        here = start
        waiting = list(spans)
        while waiting:
            span = waiting.pop(0)
            span = replace(span, start=max(span.start, here))
            if span.start >= span.end:
                continue
            inner = [replace(one, end=min(one.end, span.end)) for one in waiting if _in(one, span)]
            waiting = [_after(one, span) if _in(one, span) else one for one in waiting]
            waiting.sort(key=lambda one: one.start)
            block = span.entity.type in _BLOCKS
            yield from self._plain(here, span.start, before_block=block)
            yield from self._node(span, inner, depth)
            here = span.end
            if block and self._text[here : min(here + 1, end)] == "\n":
                here += 1  # a block ends its line itself
        yield from self._plain(here, end)

    def _plain(self, start: int, end: int, *, before_block: bool = False) -> Iterator[Node]:
        if before_block and self._text[start:end].endswith("\n"):
            end -= 1
        if start < end:
            yield Text(self._text[start:end])

    def _node(self, span: _Span, inner: Sequence[_Span], depth: int) -> Iterator[Node]:
        words = self._text[span.start : span.end]
        entity = span.entity
        if entity.type in _VERBATIM:
            language = entity.language
            yield CodeBlock(words, language) if entity.type == Kind.PRE else Code(words)
            return
        if entity.type == Kind.MENTION:
            yield self._mention(words)
            return
        if entity.type == Kind.TEXT_MENTION and entity.user is not None:
            yield Mention(words, user=user_id(entity.user.id))
            return
        if depth >= _DEEPEST:
            yield Text(words)
            return
        children = tuple(self.nodes(span.start, span.end, inner, depth + 1))
        yield from _styled(entity, children)

    def _mention(self, words: str) -> Node:
        name = words.removeprefix("@")
        user = self._known(name)
        if user is not None:
            return Mention(words, user=user)
        return Link((Text(words),), f"https://t.me/{name}")


def _in(one: _Span, span: _Span) -> bool:
    return one.start < span.end


def _after(one: _Span, span: _Span) -> _Span:
    """What is left of a span behind another one that it crosses."""
    return replace(one, start=max(one.start, span.end))


def _styled(entity: MessageEntity, children: RichText) -> RichText:  # noqa: PLR0911 (one per kind)
    match entity.type:
        case Kind.BOLD:
            return (Bold(children),)
        case Kind.ITALIC:
            return (Italic(children),)
        case Kind.UNDERLINE:
            return (Underline(children),)
        case Kind.STRIKETHROUGH:
            return (Strike(children),)
        case Kind.SPOILER:
            return (Spoiler(children),)
        case Kind.BLOCKQUOTE | Kind.EXPANDABLE_BLOCKQUOTE:
            return (Quote(children),)
        case Kind.TEXT_LINK if entity.url:
            return (Link(children, entity.url),)
        case _:  # hashtags, commands, addresses: clients find those themselves; and what is new
            return children
