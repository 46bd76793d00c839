"""What the tags of Matrix HTML mean (client-server spec v1.15, "m.room.message msgtypes").

`style` and `picture` say which nodes an element makes; the sets say how it stands among others.
Beyond the spec's table are `font`, `strike` and `ins`, which clients still send, and block
elements of general HTML, which at least keep their lines apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bridgekit.richtext.links import RoomTarget, UserTarget, WebTarget, target
from bridgekit.richtext.nodes import (
    Bold,
    ChatMention,
    Code,
    CodeBlock,
    Color,
    CustomEmoji,
    Heading,
    Italic,
    LineBreak,
    Link,
    Mention,
    Paragraph,
    Quote,
    RichText,
    Spoiler,
    Strike,
    Subscript,
    Superscript,
    Text,
    Underline,
)
from bridgekit.richtext.plain import plain

Attributes = Mapping[str, str]
Build = Callable[[RichText], RichText]

HEADINGS = {f"h{level}": level for level in range(1, 7)}
LISTS = frozenset({"ul", "ol"})
CELLS = frozenset({"td", "th"})
# Boxes make a block node. Lines only keep what they hold on lines of its own.
BOXES = frozenset({"p", "blockquote", "pre", "li", "table", "tr", "caption"}) | {
    *LISTS,
    *CELLS,
    *HEADINGS,
}
LINES = frozenset(
    {"address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "dt"}
    | {"fieldset", "figcaption", "figure", "footer", "form", "header", "html", "main", "nav"}
    | {"section", "summary", "tbody", "tfoot", "thead"}
)

_SIMPLE: dict[
    str, Callable[[RichText], Bold | Italic | Underline | Strike | Superscript | Subscript]
]
_SIMPLE = {
    "b": Bold,
    "strong": Bold,
    "i": Italic,
    "em": Italic,
    "u": Underline,
    "ins": Underline,
    "s": Strike,
    "del": Strike,
    "strike": Strike,
    "sup": Superscript,
    "sub": Subscript,
}
STYLES = frozenset(_SIMPLE) | {"a", "code", "font", "span"}
_COLOR = re.compile(r"#?([0-9a-fA-F]{6})")
_SHORT_COLOR = re.compile(r"#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])")
# HTML 4.01 §6.5; the names that `color` has where somebody wrote it by hand.
_COLOR_NAMES = {
    "black": "#000000",
    "silver": "#c0c0c0",
    "gray": "#808080",
    "grey": "#808080",
    "white": "#ffffff",
    "maroon": "#800000",
    "red": "#ff0000",
    "purple": "#800080",
    "fuchsia": "#ff00ff",
    "green": "#008000",
    "lime": "#00ff00",
    "olive": "#808000",
    "yellow": "#ffff00",
    "orange": "#ffa500",
    "navy": "#000080",
    "blue": "#0000ff",
    "teal": "#008080",
    "aqua": "#00ffff",
}


def style(tag: str, attributes: Attributes) -> Build:
    """What an inline element makes of its content."""
    if simple := _SIMPLE.get(tag):
        return lambda children: (simple(children),) if children else ()
    match tag:
        case "code":
            return lambda children: _code(plain(children))
        case "a":
            return _anchor(attributes.get("href", ""))
        case _:
            return _span(attributes)


def block(tag: str, attributes: Attributes) -> Build:
    """What a block element makes of its content; lists and tables are put together elsewhere."""
    match tag:
        case "p" | "caption":
            return lambda children: (Paragraph(children),)
        case "blockquote":
            return lambda children: (Quote(children),)
        case "summary":
            return lambda children: (Bold(children),)
        case "div" if maths := attributes.get("data-mx-maths"):
            return lambda children: children or (CodeBlock(maths, "latex"),)
        case _ if level := HEADINGS.get(tag):
            return lambda children: (Heading(level, children),)
        case _:
            return lambda children: children


def code_block(children: RichText, language: str | None) -> RichText:
    """`pre`: converters from Markdown end the last line, which says nothing."""
    return (CodeBlock(plain(children).removesuffix("\n"), language),)


def language(attributes: Attributes) -> str | None:
    """The language that `<code class="language-…">` names."""
    classes = attributes.get("class", "").split()
    return next((name[9:] for name in classes if name.startswith("language-")), None)


def first_number(attributes: Attributes) -> int:
    start = attributes.get("start", "").strip()
    return int(start) if re.fullmatch(r"-?[0-9]{1,9}", start) else 1


def picture(attributes: Attributes) -> RichText:
    """`img`: a custom emoji (MSC2545) or, since a text holds no pictures, what it is called."""
    name = attributes.get("alt") or attributes.get("title") or ""
    if "data-mx-emoticon" not in attributes:
        return (Text(" ".join(name.split())),)
    source = attributes.get("src", "")
    url = source if source.startswith(("mxc://", "https://")) else None
    return (CustomEmoji(name, url),)


def _code(text: str) -> RichText:
    first, *rest = text.split("\n")
    broken = tuple(node for line in rest for node in (LineBreak(), Code(line)))
    return (Code(first), *broken)


def _anchor(href: str) -> Build:
    match target(href):
        case UserTarget(mxid):
            return lambda children: (Mention(plain(children) or mxid, mxid=mxid),)
        case RoomTarget(url):
            return lambda children: (ChatMention(plain(children) or url, url=url),)
        case WebTarget(url):
            return lambda children: (Link(children, url),)
        case None:
            return lambda children: children


def _span(attributes: Attributes) -> Build:
    """`span` and `font`: colours, a spoiler, and formulas, whose content is their plain form."""
    foreground = _color(attributes.get("data-mx-color") or attributes.get("color"))
    background = _color(attributes.get("data-mx-bg-color"))
    maths = attributes.get("data-mx-maths", "")
    reason = attributes.get("data-mx-spoiler")

    def build(children: RichText) -> RichText:
        colored = (Color(children or (Code(maths),), foreground, background),)
        return colored if reason is None else (Spoiler(colored, reason),)

    return build


def _color(value: str | None) -> str | None:
    value = (value or "").strip()
    if full := _COLOR.fullmatch(value):
        return "#" + full[1].lower()
    if short := _SHORT_COLOR.fullmatch(value):
        return "#" + "".join(digit * 2 for digit in short.groups()).lower()
    return _COLOR_NAMES.get(value.lower())
