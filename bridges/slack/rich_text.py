"""A block of type `rich_text`, what Slack's own editor writes, as rich text; pure.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bridgekit import (
    Bold,
    ChatMention,
    Code,
    CodeBlock,
    Italic,
    LineBreak,
    Link,
    List,
    Mention,
    Node,
    Quote,
    RichText,
    RoomMention,
    Strike,
    Text,
    Underline,
    plain,
)
from bridges.slack import mrkdwn
from bridges.slack.emoji import from_codes
from bridges.slack.fields import JSON, number, record, records, text
from bridges.slack.ids import Sight

_STYLES: tuple[tuple[str, Any], ...] = (
    ("bold", Bold),
    ("italic", Italic),
    ("strike", Strike),
    ("underline", Underline),
)
_DEEPEST = 8  # Slack's editor goes to 8


@dataclass(frozen=True, slots=True)
class _Listed:
    """A list as Slack has it: flat, with an indentation; `start` is None for bullets."""

    indent: int
    start: int | None
    items: tuple[RichText, ...]


def parse(block: JSON, sight: Sight) -> RichText:
    """What the whole block shows."""
    nodes: list[Node] = []
    for is_list, run in groupby(records(block, "elements"), lambda one: _kind(one) == "list"):
        if is_list:
            nodes += _nested([_listed(element, sight) for element in run])
            continue
        for element in run:
            if _kind(element) == "section" and nodes and _is_inline(nodes[-1]):
                nodes.append(LineBreak())
            nodes += _element(element, sight)
    return tuple(nodes)


def _kind(element: JSON) -> str:
    return text(element, "type").removeprefix("rich_text_")


def _is_inline(node: Node) -> bool:
    return not isinstance(node, Quote | CodeBlock | List)


def _element(element: JSON, sight: Sight) -> RichText:
    match _kind(element):
        case "preformatted":
            code = plain(inline(records(element, "elements"), sight))
            return (CodeBlock(code.strip("\n"), text(element, "language") or None),)
        case "quote":
            return (Quote(inline(records(element, "elements"), sight)),)
        case _:  # a section, or what is not known yet and may hold text all the same
            return _without_last_line(inline(records(element, "elements"), sight))


def _without_last_line(nodes: RichText) -> RichText:
    """A section before a list ends with the line feed that the list makes anyway."""
    match nodes:
        case (*before, Text(last)) if last.endswith("\n"):
            kept = last.removesuffix("\n")
            return (*before, Text(kept)) if kept else tuple(before)
        case _:
            return nodes


def _listed(element: JSON, sight: Sight) -> _Listed:
    ordered = text(element, "style") == "ordered"
    items = tuple(inline(records(item, "elements"), sight) for item in records(element, "elements"))
    indent = min(number(element, "indent") or 0, _DEEPEST)
    return _Listed(indent, (number(element, "offset") or 0) + 1 if ordered else None, items)


def _nested(lists: Sequence[_Listed]) -> Iterator[Node]:
    """Lists within lists, of lists in a row; one that is indented belongs to the item before it."""
    at = 0
    while at < len(lists):
        first = lists[at]
        items = list(first.items)
        start, at = first.start, at + 1
        while at < len(lists):
            following = lists[at]
            if following.indent > first.indent:
                end = at
                while end < len(lists) and lists[end].indent > first.indent:
                    end += 1
                inner = tuple(_nested(lists[at:end]))
                items[-1:] = [(*(items[-1] if items else ()), *inner)]
                at = end
            elif following.indent == first.indent and _goes_on(start, len(items), following):
                items += following.items
                at += 1
            else:
                break
        yield List(tuple(items), start)


def _goes_on(start: int | None, count: int, following: _Listed) -> bool:
    """Whether a list is the same one, interrupted by what is indented."""
    if start is None or following.start is None:
        return start is following.start
    return following.start in (1, start + count)


def inline(elements: Iterable[JSON], sight: Sight) -> RichText:
    return tuple(_styled(element, node) for element in elements for node in _inline(element, sight))


def _styled(element: JSON, node: Node) -> Node:
    style = record(element, "style")
    if isinstance(node, Text) and style.get("code") is True:
        node = Code(node.text)
    for name, styled in _STYLES:
        if style.get(name) is True:
            node = styled((node,))
    return node


def _inline(element: JSON, sight: Sight) -> RichText:  # noqa: PLR0911 - a return per kind
    shown = text(element, "text")
    match text(element, "type"):
        case "link":
            return (Link((Text(shown or text(element, "url")),), text(element, "url")),)
        case "emoji":
            known = from_codes(text(element, "unicode"))
            return (Text(known),) if known else (mrkdwn.emoji(text(element, "name")),)
        case "user":
            user = text(element, "user_id")
            return (Mention(sight.name(user), user=sight.user(user, text(element, "team_id"))),)
        case "channel":
            channel = text(element, "channel_id")
            return (ChatMention(f"#{sight.name(channel)}", chat=sight.chat(channel)),)
        case "usergroup":
            return (Text(f"@{sight.name(text(element, 'usergroup_id'))}"),)
        case "broadcast":
            return (RoomMention(),)
        case "date":
            return _date(element)
        case "color":
            return (Text(text(element, "value")),)
        case _:
            return (Text(shown),) if shown else ()


def _date(element: JSON) -> RichText:
    fallback = text(element, "fallback") or text(element, "format")
    url = text(element, "url")
    return (Link((Text(fallback),), url),) if url else (Text(fallback),)
