"""From Matrix to a text message: pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridgekit import MatrixEvent, Message, MessageKind, Rejected, plain, split
from bridges.sms.alphabet import Encoding, clean, encoding, size, spelt
from bridges.sms.config import Prefix, SMSConfig
from bridges.sms.segments import count, measure

# A part of several has 153 septets or 67 units, of which at most one is wasted where it is cut.
# With these weights both are counted in the same unit, so that text never weighs less than a
# part of it, whichever alphabet it turns out to need.
_SEPTET, _UNIT = 66, 152
_ROOM = _SEPTET * _UNIT


def prefix(event: MatrixEvent[Message], config: SMSConfig) -> str:
    """What stands before the words: who says it, where several people share a number."""
    name = " ".join(clean(event.author.name).split())
    if event.content.kind is MessageKind.EMOTE:
        return f"* {name} "
    return f"{name}: " if event.relayed and config.prefix is Prefix.NAME else ""


def text_of(event: MatrixEvent[Message], config: SMSConfig) -> str:
    """The whole text, as it is sent."""
    words = clean(prefix(event, config) + plain(event.content.text)).strip()
    return spelt(words) if config.transliterate else words


def parts(event: MatrixEvent[Message], config: SMSConfig, most: int) -> Sequence[Message]:
    """The messages to send, each of at most `most` segments.

    Raises `Rejected` where all together cost more than the operator allows.
    """
    needed = count(text_of(event, config))
    if needed > config.segments:
        raise Rejected(
            f"This takes {needed} text messages, and at most {config.segments} may be spent on "
            "one. Shorten it, or have the operator raise `segments`."
        )
    if needed <= most:
        return (event.content,)
    before = prefix(event, config)
    cut = split(event.content.text, _ROOM * most, lambda words: _weight(before + words, config))
    first, *others = cut
    rest = [replace(event.content, text=one, attachments=(), reply_to=None) for one in others]
    return (replace(event.content, text=first), *rest)


def _weight(words: str, config: SMSConfig) -> int:
    """How much room words take; more words never take less."""
    written = spelt(words) if config.transliterate else words
    if encoding(written) is Encoding.GSM7:
        return measure(written, Encoding.GSM7) * _SEPTET
    return sum(max(size(one, Encoding.UCS2) * _UNIT, len(spelt(one)) * _SEPTET) for one in words)
