"""Block Kit, what apps post, as readable rich text; pure.

https://docs.slack.dev/reference/block-kit/blocks: what can be pressed or chosen becomes its label;
a block that is not known shows the texts in it.
"""

from collections.abc import Iterator, Sequence

from bridgekit import (
    Bold,
    Heading,
    Italic,
    Link,
    Node,
    Paragraph,
    RichText,
    Rule,
    Table,
    Text,
    from_plain,
)
from bridges.slack import mrkdwn, rich_text
from bridges.slack.fields import JSON, record, records, text
from bridges.slack.ids import Sight

_BETWEEN = Text("  ")
_DEEPEST = 10  # objects within objects of a block that is not known


def parse(blocks: Sequence[JSON], sight: Sight) -> RichText:
    """What all the blocks show, in order."""
    if len(blocks) == 1:  # nothing to keep apart from anything
        return _block(blocks[0], sight)
    return tuple(node for block in blocks for node in _apart(_block(block, sight)))


def _apart(nodes: RichText) -> RichText:
    """Inline nodes as a paragraph of their own; blocks stand apart as they are."""
    inline: list[Node] = []
    done: list[Node] = []
    for node in nodes:
        if _stands_alone(node):
            done += [Paragraph(tuple(inline)), node] if inline else [node]
            inline = []
        else:
            inline.append(node)
    return (*done, Paragraph(tuple(inline))) if inline else tuple(done)


def _stands_alone(node: Node) -> bool:
    return type(node).__name__ in {
        "Paragraph",
        "Heading",
        "Quote",
        "CodeBlock",
        "List",
        "Table",
    } or (isinstance(node, Rule))


def _block(block: JSON, sight: Sight) -> RichText:  # noqa: C901, PLR0911 - a return per kind
    match text(block, "type"):
        case "rich_text":
            return rich_text.parse(block, sight)
        case "section":
            return _section(block, sight)
        case "header":
            return (Heading(3, composed(record(block, "text"), sight)),)
        case "context":
            return _joined([_one(element, sight) for element in records(block, "elements")])
        case "actions" | "context_actions":
            return _joined([_pressed(element, sight) for element in records(block, "elements")])
        case "divider":
            return (Rule(),)
        case "image":
            return _image(block, sight)
        case "video":
            return _video(block, sight)
        case "markdown":
            return from_plain(text(block, "text"))
        case "table":
            return _table(block, sight)
        case "file":
            return (Text("(a file)"),)
        case _:
            return _joined([from_plain(one) for one in _texts_in(block, 0)])


def _section(block: JSON, sight: Sight) -> RichText:
    parts = [composed(record(block, "text"), sight)]
    parts += [composed(field, sight) for field in records(block, "fields")]
    parts += [_pressed(record(block, "accessory"), sight)]
    shown = [part for part in parts if part]
    if len(shown) == 1:
        return shown[0]
    return tuple(node for part in shown for node in _apart(part))


def composed(found: JSON, sight: Sight) -> RichText:
    """A composition object: https://docs.slack.dev/reference/block-kit/composition-objects."""
    words = text(found, "text")
    return mrkdwn.parse(words, sight) if text(found, "type") == "mrkdwn" else from_plain(words)


def _one(element: JSON, sight: Sight) -> RichText:
    if text(element, "type") == "image":
        return _image(element, sight)
    return composed(element, sight)


def _pressed(element: JSON, sight: Sight) -> RichText:
    """A button, a menu and the like, as its label in brackets."""
    if text(element, "type") == "image":
        return _image(element, sight)
    label = composed(record(element, "text") or record(element, "placeholder"), sight)
    if not label:
        return ()
    shown = (Text("["), *label, Text("]"))
    url = text(element, "url")
    return (Link(shown, url),) if url else shown


def _image(block: JSON, sight: Sight) -> RichText:
    url = text(block, "image_url") or text(record(block, "slack_file"), "url")
    title = composed(record(block, "title"), sight) or from_plain(text(block, "alt_text"))
    label = title or (Text("image"),)
    return (Link(label, url),) if url else label


def _video(block: JSON, sight: Sight) -> RichText:
    label = composed(record(block, "title"), sight) or (Text("video"),)
    url = text(block, "title_url") or text(block, "video_url")
    about = composed(record(block, "description"), sight)
    shown: RichText = (Bold((Link(label, url),) if url else label),)
    return (*shown, Text(" "), Italic(about)) if about else shown


def _table(block: JSON, sight: Sight) -> RichText:
    rows = block.get("rows")
    if not isinstance(rows, list):
        return ()
    return (Table(tuple(_row(row, sight) for row in rows if isinstance(row, list)), header=True),)


def _row(row: list[JSON], sight: Sight) -> tuple[RichText, ...]:
    cells = (cell if isinstance(cell, dict) else {} for cell in row)
    return tuple(
        rich_text.parse(cell, sight)
        if text(cell, "type") == "rich_text"
        else from_plain(text(cell, "text"))
        for cell in cells
    )


def _joined(parts: Sequence[RichText]) -> RichText:
    nodes: list[Node] = []
    for part in parts:
        if part and nodes:
            nodes.append(_BETWEEN)
        nodes += part
    return tuple(nodes)


def _texts_in(found: JSON, depth: int) -> Iterator[str]:
    """All texts of an unknown block, outermost first."""
    for key, value in found.items():
        if key == "text" and isinstance(value, str):
            yield value
        elif isinstance(value, dict) and depth < _DEEPEST:
            yield from _texts_in(value, depth + 1)
        elif isinstance(value, list) and depth < _DEEPEST:
            for one in value:
                if isinstance(one, dict):
                    yield from _texts_in(one, depth + 1)
