"""Code, which on Telegram has no other formatting: what is around it is cut in two. Pure."""

from collections.abc import Iterator, Sequence

from telegram import MessageEntity
from telegram.constants import MessageEntityType as Kind

_VERBATIM = (Kind.CODE, Kind.PRE)
_STYLES = (Kind.BOLD, Kind.ITALIC, Kind.UNDERLINE, Kind.STRIKETHROUGH, Kind.SPOILER)


def apart(entities: Sequence[MessageEntity]) -> list[MessageEntity]:
    """The same, where no style is over code; outer ones still come first."""
    code = [one for one in entities if one.type in _VERBATIM]
    found = [piece for one in entities for piece in _pieces(one, code)]
    return sorted(found, key=lambda one: (one.offset, -one.length))


def _pieces(entity: MessageEntity, code: Sequence[MessageEntity]) -> Iterator[MessageEntity]:
    here, end = entity.offset, entity.offset + entity.length
    for one in code if entity.type in _STYLES else ():
        if here < one.offset + one.length and one.offset < end:
            if here < one.offset:
                yield between(here, one.offset, entity)
            here = one.offset + one.length
    if here < end:
        yield entity if here == entity.offset else between(here, end, entity)


def between(start: int, end: int, like: MessageEntity) -> MessageEntity:
    """An entity of the same kind elsewhere."""
    return MessageEntity(
        like.type, start, end - start, url=like.url, user=like.user, language=like.language
    )
