"""What of an event's content people wrote, and which files it has. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum

from bridgekit.facts import Attachment
from bridgekit.richtext import Node, plain


def texts_in(value: object) -> Iterator[str]:
    """Every text; of rich text the words as they are read, and each text in it besides."""
    if isinstance(value, str) and not isinstance(value, Enum):
        yield value
    elif isinstance(value, tuple | list):
        nodes = [one for one in value if isinstance(one, Node)]
        if nodes and len(nodes) == len(value):
            yield plain(tuple(nodes))
        for one in value:
            yield from texts_in(one)
    elif is_dataclass(value) and not isinstance(value, Attachment):
        for field in fields(value):
            yield from texts_in(getattr(value, field.name))


def files_in(value: object) -> Iterator[Attachment]:
    """Every file."""
    if isinstance(value, Attachment):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from files_in(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from files_in(getattr(value, field.name))
