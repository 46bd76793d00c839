"""Every node of a tree in order, and trees changed node by node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bridgekit.richtext.nodes import (
    Heading,
    List,
    Mention,
    Node,
    Paragraph,
    Quote,
    RichText,
    Styled,
    Table,
    Text,
)


def walk(rich: RichText) -> Iterator[Node]:
    """All nodes, each before what it contains, in reading order."""
    waiting = list(reversed(rich))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for part in reversed(parts(node)) for child in reversed(part))


def transform(rich: RichText, change: Callable[[Node], RichText]) -> RichText:
    """`rich` with each node, its contents changed first, replaced by what `change` makes of it."""
    return tuple(new for node in rich for new in change(_inner(node, change)))


def mentions(rich: RichText) -> tuple[Mention, ...]:
    """Everybody spoken to by name, in reading order, as often as they are."""
    return tuple(node for node in walk(rich) if isinstance(node, Mention))


def map_mentions(rich: RichText, change: Callable[[Mention], Node]) -> RichText:
    """`rich` with each mention replaced: how the core tells who a Matrix user is over there."""
    return transform(rich, lambda node: (change(node) if isinstance(node, Mention) else node,))


def parts(node: Node) -> tuple[RichText, ...]:
    """The texts that a node contains; none for what is a piece of text itself."""
    match node:
        case Text():  # as most are
            return ()
        case Paragraph(children) | Heading(_, children) | Quote(children):
            return (children,)
        case List(items):
            return items
        case Table(rows):
            return tuple(cell for row in rows for cell in row)
        case _:
            return (node.children,) if isinstance(node, Styled) else ()


def _inner(node: Node, change: Callable[[Node], RichText]) -> Node:
    match node:
        case Paragraph(children) | Heading(_, children) | Quote(children):
            return replace(node, children=transform(children, change))
        case List(items, start):
            return List(tuple(transform(item, change) for item in items), start)
        case Table(rows, header):
            new = (tuple(transform(cell, change) for cell in row) for row in rows)
            return Table(tuple(new), header)
        case _ if isinstance(node, Styled):
            return replace(node, children=transform(node.children, change))
        case _:
            return node
