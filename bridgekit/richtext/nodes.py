"""Formatted text as a tree of nodes: the one form that both directions convert from and to.

A `RichText` is a tuple of nodes. Inline nodes hold text; block nodes stand on lines of their own.
Nodes carry meaning, never markup: no node contains HTML, mIRC codes or mrkdwn.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.ids import ChatID, RemoteUserID, UserID


@dataclass(frozen=True, slots=True)
class Text:
    """Plain characters; a line feed is a `LineBreak`, never inside `text`."""

    text: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A new line within a paragraph."""


@dataclass(frozen=True, slots=True)
class Bold:
    children: RichText


@dataclass(frozen=True, slots=True)
class Italic:
    children: RichText


@dataclass(frozen=True, slots=True)
class Underline:
    children: RichText


@dataclass(frozen=True, slots=True)
class Strike:
    children: RichText


@dataclass(frozen=True, slots=True)
class Superscript:
    children: RichText


@dataclass(frozen=True, slots=True)
class Subscript:
    children: RichText


@dataclass(frozen=True, slots=True)
class Code:
    """Inline code, verbatim; like `Text` without line feeds."""

    text: str


@dataclass(frozen=True, slots=True)
class Color:
    """Coloured text; `foreground` and `background` are `#rrggbb` in lower case, or None."""

    children: RichText
    foreground: str | None = None
    background: str | None = None


@dataclass(frozen=True, slots=True)
class Spoiler:
    """Text hidden until asked for; `reason` says why, or is None."""

    children: RichText
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link to `url` (http, https, mailto, tel, …; never javascript) shown as `children`."""

    children: RichText
    url: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A person, spoken to.

    From a network it names a remote `user`; from Matrix it carries the Matrix `mxid`, which the
    core turns into `user` where that person is a ghost or has a login. `name` is what to show.
    """

    name: str
    user: RemoteUserID | None = None
    mxid: UserID | None = None


@dataclass(frozen=True, slots=True)
class ChatMention:
    """A chat, pointed at: `chat` if it is one of this network's, `url` where it can be opened."""

    name: str
    chat: ChatID | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RoomMention:
    """Everybody in the chat, spoken to (`@room`)."""


@dataclass(frozen=True, slots=True)
class CustomEmoji:
    """An emoji that is a picture: its `name` without colons, and `url` (mxc or https) or None."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    children: RichText


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` is 1 to 6."""

    level: int
    children: RichText


@dataclass(frozen=True, slots=True)
class Quote:
    """Quoted blocks."""

    children: RichText


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Code on lines of its own, verbatim; line feeds are kept in `text`."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class List:
    """A list; `start` is the first number of an ordered one, None where it has bullets."""

    items: tuple[RichText, ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; the first row is the heading if `header`."""

    rows: tuple[tuple[RichText, ...], ...]
    header: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line."""


Styled = (
    Bold | Italic | Underline | Strike | Superscript | Subscript | Color | Spoiler | Link
)  # inline nodes around others
Block = Paragraph | Heading | Quote | CodeBlock | List | Table | Rule
Node = (
    Text
    | LineBreak
    | Bold
    | Italic
    | Underline
    | Strike
    | Superscript
    | Subscript
    | Code
    | Color
    | Spoiler
    | Link
    | Mention
    | ChatMention
    | RoomMention
    | CustomEmoji
    | Paragraph
    | Heading
    | Quote
    | CodeBlock
    | List
    | Table
    | Rule
)
RichText = tuple[Node, ...]
