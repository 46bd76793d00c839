"""Messages in parts that Telegram takes: long texts, long captions, albums. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bridgekit import (
    Attachment,
    Message,
    RichText,
    from_plain,
    plain,
    split,
    utf16,
)
from bridges.telegram.carrying import Carrier, carrier_of
from bridges.telegram.layout import Formatted
from bridges.telegram.limits import LARGEST_ALBUM, MOST_CAPTION, MOST_TEXT

_LEAST = 16

Show = Callable[[Message], Formatted]
"""How a message is sent, its author's name included."""


def parts(message: Message, show: Show) -> Sequence[Message]:
    """The messages to send, in order; each fits, and nothing is left out."""
    albums = list(_albums(message.attachments))
    bare = bool(albums) and carrier_of(albums[0][0]) is Carrier.STICKER  # nothing stands below one
    room = MOST_CAPTION if albums and not bare else MOST_TEXT
    texts = list(_texts(message, room, show))
    rest = replace(message, attachments=(), reply_to=None, quote=None)
    first, *others = [(), *texts] if bare else texts or [()]
    made = [replace(message, text=first, attachments=albums[0] if albums else ())]
    made += [replace(rest, text=(), attachments=album) for album in albums[1:]]
    longer = _joined(others, rest, show) if albums else [replace(rest, text=one) for one in others]
    return [*made, *longer]


def _joined(texts: Sequence[RichText], message: Message, show: Show) -> list[Message]:
    """What did not fit into a caption: as much in each message as fits there."""
    joined: list[Message] = []
    for text in texts:
        if joined:
            more = replace(joined[-1], text=(*joined[-1].text, *from_plain("\n"), *text))
            if show(more).size <= MOST_TEXT:
                joined[-1] = more
                continue
        joined.append(replace(message, text=text))
    return joined


def _texts(message: Message, room: int, show: Show) -> Iterator[RichText]:
    if show(message).size <= room:
        if message.text:
            yield message.text
        return
    beside = show(replace(message, text=())).size + 2  # the author's name, and what follows it
    yield from _fitting(message, max(room - beside, _LEAST), room, show)


def _fitting(message: Message, limit: int, room: int, show: Show) -> Iterator[RichText]:
    """Parts that measure at most `limit` as plain text, and surely at most `room` as sent."""
    for text in split(message.text, limit, utf16):
        part = replace(message, text=text)
        if show(part).size <= room:
            yield text
        elif limit > _LEAST:  # a table is drawn wider than its cells
            yield from _fitting(part, max(limit * 2 // 3, _LEAST), room, show)
        else:
            yield from split(from_plain(plain(text)), limit, utf16)


def _albums(attachments: Sequence[Attachment]) -> Iterator[tuple[Attachment, ...]]:
    """Runs of files that Telegram shows as one album (Bot API, "sendMediaGroup")."""
    album: list[Attachment] = []
    for attachment in attachments:
        if album and (_family(attachment) != _family(album[0]) or len(album) == LARGEST_ALBUM):
            yield tuple(album)
            album = []
        album.append(attachment)
        if _family(attachment) is None:
            yield tuple(album)
            album = []
    if album:
        yield tuple(album)


def _family(attachment: Attachment) -> str | None:
    """What can be in an album together; None: nothing with this."""
    match carrier_of(attachment):
        case Carrier.PHOTO | Carrier.VIDEO:
            return "visual"
        case Carrier.AUDIO | Carrier.DOCUMENT as carrier:
            return carrier.value
        case _:
            return None
