"""Rich text as Slack takes it: a `rich_text` block, and a safe text beside it; pure.

A text of Slack's markup has no way to say a literal `*`, so only what has nothing of that kind goes
as text alone. Nothing that somebody typed can become a tag: `& < >` are always escaped.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridgekit import (
    Bold,
    ChatMention,
    Code,
    CodeBlock,
    CustomEmoji,
    Heading,
    Italic,
    LineBreak,
    Link,
    List,
    Mention,
    Node,
    Paragraph,
    Quote,
    Rejected,
    RichText,
    RoomMention,
    Spoiler,
    Strike,
    Styled,
    Table,
    Text,
    plain,
)
from bridges.slack.fields import JSON
from bridges.slack.ids import channel_of, user_of

_ACTIVE = re.compile(r"[*_~`:]|^\s*>", re.MULTILINE)  # what Slack reads as markup, or may
_URL = re.compile(r"https?://[^\s<>\"]*[^\s<>\"'.,;:!?)\]}]")
_LINKED = ("http://", "https://", "mailto:", "tel:")
_EMOJI = re.compile(r"[a-z0-9_+'-]{1,100}")
_DEEPEST = 8  # levels of a list
_RULE = "────────"


@dataclass(frozen=True, slots=True)
class Post:
    """`blocks` are empty where the text says it all."""

    text: str
    blocks: tuple[JSON, ...] = ()


def escaped(text: str) -> str:
    """These three and no others: https://docs.slack.dev/messaging/formatting-message-text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def laid_out(rich: RichText) -> Post:
    """What to post for this."""
    shown = plain(rich)
    if _is_simple(rich) and not _ACTIVE.search(shown):
        return Post(escaped(shown))
    elements = list(_blocks(rich))
    block = {"type": "rich_text", "elements": elements}
    return Post(escaped(shown), (block,) if elements else ())


def markup(rich: RichText) -> str:
    """The same where only a text is taken (a comment of a file), in Slack's markup."""
    return "".join(_marked(node) for node in rich)


def named(name: str, rich: RichText) -> RichText:
    """With its author's name before it, where Slack cannot show the post under that name."""
    return (Bold((Text(f"{name}:"),)), Text(" "), *rich)


def _is_simple(rich: RichText) -> bool:
    return all(
        isinstance(node, Text | LineBreak)
        or (isinstance(node, Paragraph) and len(rich) == 1 and _is_simple(node.children))
        for node in rich
    )


# Blocks.


def _blocks(rich: RichText) -> Iterator[JSON]:
    """Sections of what stands in line, and what stands alone."""
    section: list[JSON] = []
    for node in rich:
        alone = list(_alone(node))
        if alone:
            yield from _section(section)
            section = []
            yield from alone
            continue
        is_block = isinstance(node, Paragraph | Heading)
        if section and is_block:
            section.append({"type": "text", "text": "\n\n"})
        section += _inline((node,), {})
        if is_block and node is not rich[-1] and not isinstance(_after(rich, node), Paragraph):
            section.append({"type": "text", "text": "\n"})
    yield from _section(section)


def _after(rich: RichText, node: Node) -> Node | None:
    at = next(place for place, one in enumerate(rich) if one is node)
    return rich[at + 1] if at + 1 < len(rich) else None


def _section(elements: list[JSON]) -> Iterator[JSON]:
    if any(one["type"] != "text" or one["text"].strip() for one in elements):
        yield {"type": "rich_text_section", "elements": elements}


def _alone(node: Node) -> Iterator[JSON]:
    match node:
        case Quote(children):
            elements = list(_inline(children, {}))
            if elements:
                yield {"type": "rich_text_quote", "elements": elements}
        case CodeBlock(text) if text.strip():
            yield _preformatted(text)
        case Table():
            yield _preformatted(plain((node,)))
        case List():
            yield from _list(node, 0)


def _preformatted(text: str) -> JSON:
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}


def _list(node: List, indent: int) -> Iterator[JSON]:
    """Slack's lists are flat: what is within an item is a list of its own, further in."""
    items: list[JSON] = []
    first = place = node.start or 1
    for item in node.items:
        inner = [one for one in item if isinstance(one, List)]
        elements = list(_inline(tuple(one for one in item if not isinstance(one, List)), {}))
        items.append({"type": "rich_text_section", "elements": elements or [_BLANK]})
        place += 1
        if inner:
            yield _listed(node, indent, first, items)
            items, first = [], place
            for one in inner:
                yield from _list(one, min(indent + 1, _DEEPEST))
    if items:
        yield _listed(node, indent, first, items)


_BLANK: JSON = {"type": "text", "text": " "}


def _listed(node: List, indent: int, first: int, items: list[JSON]) -> JSON:
    made: JSON = {
        "type": "rich_text_list",
        "style": "bullet" if node.start is None else "ordered",
        "indent": indent,
        "elements": items,
    }
    return made if node.start is None else made | {"offset": first - 1}


# What stands in line.


def _inline(rich: RichText, style: dict[str, bool]) -> Iterator[JSON]:
    for node in rich:
        yield from _element(node, style)


def _element(node: Node, style: dict[str, bool]) -> Iterator[JSON]:  # noqa: C901 - a case per kind
    match node:
        case Text(text):
            yield from _text(text, style)
        case LineBreak():
            yield {"type": "text", "text": "\n"}
        case Code(text):
            yield _with(style | {"code": True}, {"type": "text", "text": text})
        case Bold(children) | Heading(_, children):
            yield from _inline(children, style | {"bold": True})
        case Italic(children):
            yield from _inline(children, style | {"italic": True})
        case Strike(children):
            yield from _inline(children, style | {"strike": True})
        case Link(children, url):
            yield from _link(children, url, style)
        case Spoiler(children, reason):
            yield from _text(f"(spoiler: {reason}) " if reason else "(spoiler) ", style)
            yield from _inline(children, style)
        case Mention() | ChatMention() | RoomMention() | CustomEmoji():
            yield _with(style, _named(node))
        case _ if isinstance(node, Styled | Paragraph):
            yield from _inline(node.children, style)
        case _:  # a block within what can hold none
            yield from _text(plain((node,)) or _RULE, style)


def _text(text: str, style: dict[str, bool]) -> Iterator[JSON]:
    """Slack makes no links in a `rich_text` block by itself."""
    end = 0
    for url in _URL.finditer(text):
        if url.start() > end:
            yield _with(style, {"type": "text", "text": text[end : url.start()]})
        yield _with(style, {"type": "link", "url": url[0]})
        end = url.end()
    if end < len(text):
        yield _with(style, {"type": "text", "text": text[end:]})


def _link(children: RichText, url: str, style: dict[str, bool]) -> Iterator[JSON]:
    if not url.lower().startswith(_LINKED):
        yield from _inline(children, style)
        return
    shown = plain(children)
    label = {"text": shown} if shown and shown != url else {}
    yield _with(style, {"type": "link", "url": url, **label})


def _with(style: dict[str, bool], element: JSON) -> JSON:
    return element | {"style": style} if style else element


def _named(node: Mention | ChatMention | RoomMention | CustomEmoji) -> JSON:
    """People and channels that Slack knows by ID; all others by their names, as text."""
    try:
        match node:
            case RoomMention():
                return {"type": "broadcast", "range": "channel"}
            case CustomEmoji(name) if _EMOJI.fullmatch(name):
                return {"type": "emoji", "name": name}
            case Mention(_, user) if user is not None and not user_of(user).is_bot:
                return {"type": "user", "user_id": user_of(user).id}
            case ChatMention(_, chat) if chat is not None:
                return {"type": "channel", "channel_id": channel_of(chat).id}
            case ChatMention(name, _, url) if url and url.lower().startswith(_LINKED):
                return {"type": "link", "url": url, "text": name}
    except Rejected:
        pass  # an ID of another network's
    return {"type": "text", "text": plain((node,))}


# Markup, where there is no block.


def _marked(node: Node) -> str:  # noqa: PLR0911 - a return per kind
    match node:
        case Bold(children):
            return _around("*", children)
        case Italic(children):
            return _around("_", children)
        case Strike(children):
            return _around("~", children)
        case Link(children, url) if url.lower().startswith(_LINKED) and "|" not in url:
            label = escaped(plain(children).replace("|", "/").replace("\n", " "))
            return f"<{escaped(url)}|{label}>" if label else f"<{escaped(url)}>"
        case Paragraph(children):
            return f"{markup(children)}\n"
        case Mention() | ChatMention() | RoomMention():
            return _tag(_named(node))
        case _:
            return escaped(plain((node,)))


def _around(mark: str, children: RichText) -> str:
    inner = markup(children)
    bare = inner.strip()
    return inner.replace(bare, f"{mark}{bare}{mark}", 1) if bare and "\n" not in bare else inner


def _tag(element: JSON) -> str:
    match element["type"]:
        case "user":
            return f"<@{element['user_id']}>"
        case "channel":
            return f"<#{element['channel_id']}>"
        case "broadcast":
            return "<!channel>"
        case "link":
            return f"<{escaped(element['url'])}>"
        case _:
            return escaped(element["text"])


def without_blocks(post: Post) -> Post:
    """As text alone: what is too much for blocks, or what Slack does not like about them."""
    return replace(post, blocks=())
