"""What a message says in all: whom it is forwarded from, what it quotes, its own text; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridgekit.events import Message
from bridgekit.person.naming import clean_name
from bridgekit.richtext import LineBreak, Quote, RichText, Text


def whole(message: Message) -> Message:
    """The message with everything that Matrix has no field for in its text."""
    text = message.text
    if message.forwarded_from is not None:
        name = clean_name(message.forwarded_from) or "somebody"
        text = (Text(f"Forwarded from {name}"), *((Quote(text),) if text else ()))
    if message.quote is not None:
        text = (Quote(message.quote), *text)
    return message if text is message.text else replace(message, text=text)


def as_change(message: Message) -> RichText:
    """The text of an edit that has to be a message of its own."""
    return (Text("* "), *whole(message).text)


def with_options(question: str, options: Sequence[str], total: int, most: int) -> RichText:
    """A poll that cannot be one on Matrix, as text: at most `most` of its `total` options."""
    lines = [f"{place}. {option}" for place, option in enumerate(options[:most], 1)]
    if total > most:
        lines.append(f"… and {total - most} more")
    nodes = (node for line in lines for node in (LineBreak(), Text(line)))
    return (Text(f"Poll: {question}"), *nodes)
