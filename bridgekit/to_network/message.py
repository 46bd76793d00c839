"""The content of an `m.room.message` event as a message for the network. Pure.

Spec: client-server API, "m.room.message msgtypes" and "Rich replies" (their fallback is dropped).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bridgekit.events import Message, MessageKind
from bridgekit.ids import MessageID, RemoteUserID, UserID
from bridgekit.matrix.encrypted import SENTENCES, Why, is_late, why_of
from bridgekit.matrix.referring import edited_event, own_body
from bridgekit.reasons import Reason
from bridgekit.richtext import (
    Mention,
    Node,
    RichText,
    RoomMention,
    Text,
    from_html,
    from_plain,
    plain,
    transform,
)
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.files import attachment_of, has_caption, msgtype_of

_KINDS = {
    "m.notice": MessageKind.NOTICE,
    "m.emote": MessageKind.EMOTE,
}
_EVERYBODY = "@room"
_FOR_MACHINES = "m.key.verification.request"
_YEAR_3000 = 32_503_680_000_000  # milliseconds; a homeserver may write any time
MOST_MENTIONS = 50  # of one message: beyond them people are named, not called


def message_of(
    event: Mapping[str, Any],
    remote: Callable[[UserID], RemoteUserID | None],
    *,
    reply_to: MessageID | None = None,
    thread: MessageID | None = None,
    everybody: bool = False,
) -> Message:
    """What the event says; `remote` tells who on the network a mentioned person is.

    A type of message that is not known is its `body` (spec: "m.room.message"). `everybody`: its
    sender may call the whole room. Raises `Failed` for what cannot be sent.
    """
    content = event["content"]
    if event["type"] == "m.room.encrypted":
        why = why_of(content)
        if why is None:
            raise Failed(Reason.ENCRYPTED)
        plain_text = why is Why.PLAIN
        raise Failed(Reason.NOT_ENCRYPTED if plain_text else Reason.UNREADABLE, SENTENCES[why])
    msgtype = msgtype_of(event)
    if msgtype == _FOR_MACHINES:
        raise Failed(Reason.UNSUPPORTED)
    attachment = attachment_of(event)
    text: RichText = ()
    if attachment is None or has_caption(content):
        text = _addressed(text_of(content), remote, everybody=everybody)
    if attachment is None and not plain(text).strip():
        raise Failed(Reason.EMPTY)
    return Message(
        (*_late(event), *text),
        _KINDS.get(msgtype, MessageKind.TEXT),
        () if attachment is None else (attachment,),
        reply_to=reply_to,
        thread=thread,
    )


def _late(event: Mapping[str, Any]) -> RichText:
    """When it was said, of what others have overtaken: its key came late."""
    at = event.get("origin_server_ts")
    if not is_late(event):
        return ()
    if not isinstance(at, int) or not 0 <= at < _YEAR_3000:
        return (Text("(late) "),)
    return (Text(f"(late, from {datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC) "),)


def calls_everybody(content: Mapping[str, Any]) -> bool:
    """Whether it calls the whole room (spec: "User and room mentions")."""
    mentions = content.get("m.mentions")
    return isinstance(mentions, dict) and mentions.get("room") is True


def text_of(content: Mapping[str, Any]) -> RichText:
    """What it says, people of Matrix still unresolved; raises `Failed` if that is nothing."""
    body, html = own_body(content), content.get("formatted_body")
    if content.get("format") == "org.matrix.custom.html" and isinstance(html, str):
        return from_html(html)
    if body is None:
        raise Failed(Reason.EMPTY, "It has no body, so there is nothing to send.")
    return from_plain(body)


def _addressed(
    text: RichText, remote: Callable[[UserID], RemoteUserID | None], *, everybody: bool
) -> RichText:
    """People as the network knows them, and the call of the room where that is to be one."""
    left = MOST_MENTIONS

    def change(node: Node) -> RichText:
        nonlocal left
        match node:
            case Mention(name, _, mxid) if mxid is not None:
                left -= 1
                return (replace(node, user=remote(mxid)) if left >= 0 else Text(name),)
            case Text(words) if everybody and _EVERYBODY in words:
                first, *others = words.split(_EVERYBODY)
                called = [part for other in others for part in (RoomMention(), Text(other))]
                return (Text(first), *called)
        return (node,)

    return transform(text, change)


def new_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """An edit as if it had been said at once."""
    content = event["content"]
    new = content.get("m.new_content")
    if not isinstance(new, dict):  # an old client's: its own text, without the mark
        new = {key: value for key, value in content.items() if key != "m.relates_to"}
    return {**event, "content": new}


def latest(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """An event as it reads now: its latest edit is bundled with it (spec: "Server behaviour")."""
    if edited_event(event["content"]) is not None:
        return new_event(event)
    unsigned = event.get("unsigned")
    relations = unsigned.get("m.relations") if isinstance(unsigned, dict) else None
    edit = relations.get("m.replace") if isinstance(relations, dict) else None
    content = edit.get("content") if isinstance(edit, dict) else None
    return new_event({**event, "content": content}) if isinstance(content, dict) else event
