"""The content of an `m.room.message` event as a message for the network. Pure.

Spec: client-server API, "m.room.message msgtypes" and "Rich replies" (their fallback is dropped).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bridgekit.events import Message, MessageKind
from bridgekit.ids import RemoteUserID, UserID
from bridgekit.reasons import Reason
from bridgekit.richtext import Mention, RichText, from_html, from_plain, map_mentions, plain
from bridgekit.to_network.failure import Failed

_KINDS = {
    "m.text": MessageKind.TEXT,
    "m.notice": MessageKind.NOTICE,
    "m.emote": MessageKind.EMOTE,
}
_NAMES = {
    "m.image": "pictures",
    "m.file": "files",
    "m.audio": "sound",
    "m.video": "videos",
    "m.location": "locations",
    "m.sticker": "stickers",
}


def message_of(
    event: Mapping[str, Any], remote: Callable[[UserID], RemoteUserID | None]
) -> Message:
    """What the event says; `remote` tells who on the network a mentioned person is.

    Raises `Failed` for what cannot be sent.
    """
    content = event["content"]
    if event["type"] == "m.room.encrypted":
        raise Failed(Reason.ENCRYPTED)
    msgtype = "m.sticker" if event["type"] == "m.sticker" else content.get("msgtype")
    kind = _KINDS.get(msgtype) if isinstance(msgtype, str) else None
    if kind is None:
        what = _NAMES.get(str(msgtype), "messages of this kind")
        raise Failed(Reason.UNSUPPORTED, f"This bridge cannot carry {what} yet.")
    text = map_mentions(_text(content), lambda mention: _resolved(mention, remote))
    if not plain(text).strip():
        raise Failed(Reason.EMPTY)
    return Message(text, kind)


def _text(content: Mapping[str, Any]) -> RichText:
    body, html = content.get("body"), content.get("formatted_body")
    if content.get("format") == "org.matrix.custom.html" and isinstance(html, str):
        return from_html(html)
    if not isinstance(body, str):
        raise Failed(Reason.EMPTY, "It has no body, so there is nothing to send.")
    return from_plain(_without_reply_fallback(body) if _is_reply(content) else body)


def _is_reply(content: Mapping[str, Any]) -> bool:
    relation = content.get("m.relates_to")
    return isinstance(relation, dict) and "m.in_reply_to" in relation


def _without_reply_fallback(body: str) -> str:
    """Clients before version 1.13 of the spec quote what they reply to, line by line."""
    lines = body.split("\n")
    if not lines[0].startswith("> <"):
        return body
    while lines and lines[0].startswith("> "):
        lines.pop(0)
    return "\n".join(lines[1:] if lines and not lines[0] else lines)


def _resolved(mention: Mention, remote: Callable[[UserID], RemoteUserID | None]) -> Mention:
    if mention.mxid is None:
        return mention
    return replace(mention, user=remote(mention.mxid))
