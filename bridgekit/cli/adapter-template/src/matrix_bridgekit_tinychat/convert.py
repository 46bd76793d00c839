"""From what Tinychat says to what bridgekit knows, and back: pure functions."""

from collections.abc import Mapping
from typing import Any

from bridgekit import (
    Chat,
    ChatID,
    Deletion,
    MatrixEvent,
    Message,
    MessageID,
    MessageKind,
    RemoteEvent,
    RemoteUserID,
    from_plain,
    plain,
)


def to_event(news: Mapping[str, Any]) -> RemoteEvent[Message | Deletion]:
    """What somebody did there. Its number is the key: it is told again until it was seen."""
    chat, sender = Chat(ChatID(news["chat"])), RemoteUserID(news["from"])
    message, key = MessageID(news["id"]), str(news["number"])
    if news.get("deleted"):
        return RemoteEvent(chat, sender, Deletion(message), key=key)
    return RemoteEvent(chat, sender, Message(from_plain(news["text"])), message, key=key)


def to_text(event: MatrixEvent[Message]) -> str:
    """What the bot is to say; with the name of who said it, where it speaks for somebody."""
    text = plain(event.content.text)
    if event.content.kind is MessageKind.EMOTE:  # "/me waves"
        return f"* {event.author.name} {text}"
    return f"{event.author.name}: {text}" if event.relayed else text
