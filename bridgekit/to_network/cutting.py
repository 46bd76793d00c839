"""A message that its network finds too long, although it kept to the limits: cut in about two.

Only the network itself knows what it counts. What was refused keeps its name: each piece has one of
its own, since a network that remembers names may remember the refusal, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bridgekit.codec import dump
from bridgekit.events import Message
from bridgekit.models import Part
from bridgekit.pieces import Piece
from bridgekit.richtext import plain, split
from bridgekit.to_network.plan import piece_in


def cut(parts: Sequence[Part], place: int, txn: Callable[[str, int], str]) -> list[Part]:
    """The plan from this place on, with the part there in pieces; [] where it cannot be cut.

    `txn` makes a name of another one and a number.
    """
    refused, *later = parts[place:]
    whole = piece_in(refused)
    messages = _smaller(whole.content) if isinstance(whole.content, Message) else []
    if not messages:
        return []
    named = [
        (_moved(replace(whole, content=message), number), txn(refused.txn, number))
        for number, message in enumerate(messages)
    ]
    more = len(messages) - 1
    named += [(_moved(piece_in(part), more), part.txn) for part in later]
    return [
        Part(number, name, body=dump(piece), piece=piece)
        for number, (piece, name) in enumerate(named, place)
    ]


def _smaller(message: Message) -> list[Message]:
    """Its files stay with the beginning; each piece answers what the whole does."""
    texts = split(message.text, max(1, len(plain(message.text)) // 2))
    if len(texts) < 2:  # noqa: PLR2004 (it is as short as it can be)
        return []
    rest = replace(message, attachments=(), quote=None)
    return [replace(message, text=texts[0]), *(replace(rest, text=text) for text in texts[1:])]


def _moved(piece: Piece, by: int) -> Piece:
    """So many places further on in the event that it belongs to, if that is not the job's own."""
    return piece if piece.number is None else replace(piece, number=piece.number + by)
