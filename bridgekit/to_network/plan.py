"""The parts of a message: planned once, stored before the first is sent, followed ever after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridgekit.adapter import Client, Limits, Unit
from bridgekit.codec import dump, load
from bridgekit.events import MatrixEvent, Message
from bridgekit.models import Part
from bridgekit.richtext import Measure, chars, split, utf8, utf16
from bridgekit.supports import SupportsLimits, SupportsSplit

_MEASURES: dict[Unit, Measure] = {Unit.CHARS: chars, Unit.UTF16: utf16, Unit.BYTES: utf8}
NAME_ROOM = 4  # what a network puts around a relayed author's name, at most


def limits_of(client: Client, event: MatrixEvent[Message], default: Limits) -> Limits:
    """The limits of the event's chat."""
    return client.limits(event.chat) if isinstance(client, SupportsLimits) else default


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
    return [
        replace(event.content, text=piece) for piece in split(event.content.text, room, measure)
    ]


def plan(messages: Sequence[Message], txns: Sequence[str]) -> list[Part]:
    """The parts; one alone needs no body, since the job has it."""
    if len(messages) == 1:
        return [Part(0, txns[0])]
    return [
        Part(number, txn, body=dump(message))
        for number, (message, txn) in enumerate(zip(messages, txns, strict=True))
    ]


def message_in(part: Part, whole: Message) -> Message:
    """What a part says."""
    if part.body is None:
        return whole
    message: Message = load(part.body)
    return message
