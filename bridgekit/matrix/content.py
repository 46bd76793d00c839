"""A message as the content of `m.room.message` events, each within the size of an event.

Spec: client-server API, "m.room.message msgtypes" and "Size limits". Pure.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bridgekit.events import Message, MessageKind
from bridgekit.ids import UserID
from bridgekit.matrix.late_answers import MARKER
from bridgekit.richtext import Mention, RichText, body_and_html, mentions, split, utf8

LARGEST = 60_000  # bytes of JSON; an event has 65 536, with what the homeserver adds to it
PIECE = 24_000  # bytes of text; as JSON and again as HTML it stays below that, mostly

_TYPES = {
    MessageKind.TEXT: "m.text",
    MessageKind.NOTICE: "m.notice",
    MessageKind.EMOTE: "m.emote",
}
Resolve = Callable[[Mention], UserID | None]


def contents(message: Message, resolve: Resolve, speaks_for: str | None) -> list[dict[str, Any]]:
    """One content, or more where the text is larger than an event.

    `resolve` says who is meant by a mention. `speaks_for` is the name of whoever said it, where
    the event cannot come from their own account.
    """
    whole = _content(message.text, message.kind, resolve, speaks_for)
    if _size(whole) <= LARGEST:
        return [whole]
    pieces = split(message.text, PIECE, utf8)
    return [_fitting(piece, message.kind, resolve, speaks_for) for piece in pieces]


def marked(content: dict[str, Any], marker: str) -> dict[str, Any]:
    """The content with our signature, by which we know it when it comes back."""
    return {**content, MARKER: marker}


def _fitting(
    text: RichText, kind: MessageKind, resolve: Resolve, speaks_for: str | None
) -> dict[str, Any]:
    content = _content(text, kind, resolve, speaks_for)
    if _size(content) > LARGEST:  # formatting costs more than text: it goes first
        content = {k: v for k, v in content.items() if k not in ("format", "formatted_body")}
    return content


def _content(
    text: RichText, kind: MessageKind, resolve: Resolve, speaks_for: str | None
) -> dict[str, Any]:
    body, html = body_and_html(text, lambda mention: _pill(resolve(mention)))
    msgtype = _TYPES[kind]
    if speaks_for is not None:
        body, html, msgtype = _attributed(body, html, msgtype, speaks_for)
    meant = {user for mention in mentions(text) if (user := resolve(mention)) is not None}
    content: dict[str, Any] = {
        "msgtype": msgtype,
        "body": body,
        "m.mentions": {"user_ids": sorted(meant)} if meant else {},
    }
    if html is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return content


def _attributed(
    body: str, html: str | None, msgtype: str, name: str
) -> tuple[str, str | None, str]:
    """The bot says it under the name; as an emote it would be the bot who does it."""
    if msgtype == "m.emote":
        return f"* {name} {body}", html and f"* {_escape(name)} {html}", "m.text"
    return f"<{name}> {body}", html and f"&lt;{_escape(name)}&gt; {html}", msgtype


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pill(user: UserID | None) -> str | None:
    return user and f"https://matrix.to/#/{user}"


def _size(content: dict[str, Any]) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass"))
