"""A message as the content of `m.room.message` events, each within the size of an event.

Spec: client-server API, "m.room.message msgtypes" and "Size limits". Pure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from bridgekit.events import Message, MessageKind
from bridgekit.ids import UserID
from bridgekit.matrix.late_answers import MARKER
from bridgekit.matrix.profile_content import PROFILE_SIZE, as_html
from bridgekit.richtext import (
    Mention,
    RichText,
    RoomMention,
    Text,
    body_and_html,
    mentions,
    split,
    utf8,
    walk,
)

# Bytes of JSON. An event has 65 536, with its author's name and its envelope; in an encrypted room
# each three of these are four.
LARGEST = 41_000
MENTION = 1_100  # bytes that a mention takes at most: its pill, and its place in `m.mentions`
LETTER = 6  # bytes of JSON that a letter takes at most, in the body and in HTML
SMALLEST = 1_000  # bytes of text below which it is not split for the sake of its formatting

_TYPES = {
    MessageKind.TEXT: "m.text",
    MessageKind.NOTICE: "m.notice",
    MessageKind.EMOTE: "m.emote",
}
Resolve = Callable[[Mention], UserID | None]


def contents(
    message: Message, resolve: Resolve, speaks_for: str | None, *, in_person: bool = True
) -> list[dict[str, Any]]:
    """One content, or more where the text is larger than an event.

    `resolve` says who is meant by a mention. `speaks_for` is the (clean) name of whoever said it,
    where the event cannot come from their own account. `in_person`: the account that sends it is
    whoever says it. Where the text is cut depends on none of them: they may differ when a send is
    repeated, and the parts must not.
    """
    profiled = message.profile is not None
    made = []
    for piece, fits in _pieces(message.text, LARGEST, profiled=profiled):
        content = _content(piece, message.kind, resolve, speaks_for, plain=not fits)
        if in_person and speaks_for is None and _calls_the_room(piece):
            # Clients and homeservers ask whether the sender may: the bot's power is no other's.
            content["m.mentions"]["room"] = True
        made.append(content)
    return made


def marked(content: Mapping[str, Any], marker: str) -> dict[str, Any]:
    """The content with our signature, by which we know it when it comes back."""
    return {**content, MARKER: marker}


def _pieces(text: RichText, room: int, *, profiled: bool) -> Iterator[tuple[RichText, bool]]:
    """What an event takes at a time, and whether it takes that with its formatting."""
    fits = _fits(text, profiled=profiled)
    if fits or room < SMALLEST:
        yield text, fits
        return
    for piece in split(text, room // 2, utf8):
        yield from _pieces(piece, room // 2, profiled=profiled)


def _fits(text: RichText, *, profiled: bool) -> bool:
    room = LARGEST - (PROFILE_SIZE if profiled else 0)
    if all(type(node) is Text for node in text):  # as most: of a short one it need not be tried
        letters = sum(len(node.text) for node in text if isinstance(node, Text))
        if letters * 2 * LETTER < room:
            return True
    body, html = body_and_html(text, lambda _: "")
    if profiled:
        html = as_html(body, html)
    size = len(_json(body)) + len(_json(html or "")) + MENTION * len(mentions(text))
    return size <= room


def _json(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _content(
    text: RichText, kind: MessageKind, resolve: Resolve, speaks_for: str | None, *, plain: bool
) -> dict[str, Any]:
    body, html = body_and_html(text, lambda mention: _pill(resolve(mention)))
    if plain:  # formatting within formatting, hundreds deep: the text goes first
        html = None
    msgtype = _TYPES[kind]
    if speaks_for is not None:
        body, html, msgtype = _attributed(body, html, msgtype, speaks_for)
    content: dict[str, Any] = {
        "msgtype": msgtype,
        "body": body,
        "m.mentions": _mentioned(text, resolve),
    }
    if html is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return content


def _mentioned(text: RichText, resolve: Resolve) -> dict[str, Any]:
    """Spec: `m.mentions`; always there, so that clients need not guess from the text."""
    meant = {user for mention in mentions(text) if (user := resolve(mention)) is not None}
    return {"user_ids": sorted(meant)} if meant else {}


def _calls_the_room(text: RichText) -> bool:
    return any(isinstance(node, RoomMention) for node in walk(text))


def _attributed(
    body: str, html: str | None, msgtype: str, name: str
) -> tuple[str, str | None, str]:
    """The bot says it under the name; as an emote it would be the bot who does it."""
    shown = escape(name, quote=False)
    if msgtype == "m.emote":
        return f"* {name} {body}", html and f"* {shown} {html}", "m.text"
    return f"<{name}> {body}", html and f"&lt;{shown}&gt; {html}", msgtype


def _pill(user: UserID | None) -> str | None:
    # Spec appendix "matrix.to navigation": the identifier is percent-encoded.
    return user and f"https://matrix.to/#/{quote(user, safe='@:')}"
