"""The parts of an act: planned once, stored before the first is sent, followed ever after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridgekit.adapter import Client, Limits, Unit
from bridgekit.codec import dump, load
from bridgekit.events import Content, MatrixEvent, Message
from bridgekit.facts import Chat
from bridgekit.models import Part
from bridgekit.pieces import Piece
from bridgekit.richtext import Measure, chars, split, utf8, utf16
from bridgekit.supports import SupportsLimits, SupportsSplit

_MEASURES: dict[Unit, Measure] = {Unit.CHARS: chars, Unit.UTF16: utf16, Unit.BYTES: utf8}
NAME_ROOM = 4  # what a network puts around a relayed author's name, at most


def limits_of(client: Client, chat: Chat, default: Limits) -> Limits:
    """The limits of a chat."""
    return client.limits(chat) if isinstance(client, SupportsLimits) else default


def messages_of(client: Client, event: MatrixEvent[Message], limits: Limits) -> Sequence[Message]:
    """The event's message in parts that the network takes. May raise `Rejected`."""
    if isinstance(client, SupportsSplit):
        return client.split(event)
    if limits.text is None:
        return (event.content,)
    measure = _MEASURES[limits.unit]
    room = limits.text
    if event.relayed:
        room = max(1, room - measure(event.author.name) - NAME_ROOM)
    first, *others = split(event.content.text, room, measure)
    rest = replace(event.content, attachments=(), reply_to=None, quote=None)
    return [replace(event.content, text=first), *(replace(rest, text=text) for text in others)]


def plan(pieces: Sequence[Piece], txns: Sequence[str]) -> list[Part]:
    """The parts, each with what it says; that of the only one is in the job."""
    several = len(pieces) > 1
    return [
        Part(number, txn, body=dump(piece) if several else None, piece=piece)
        for number, (piece, txn) in enumerate(zip(pieces, txns, strict=True))
    ]


def piece_in(part: Part) -> Piece:
    """What a part says; the first release stored bare messages."""
    if part.piece is not None:
        return part.piece
    record: Piece | Content = load(part.body or "")
    return record if isinstance(record, Piece) else Piece(record)
