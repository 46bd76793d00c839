"""Between publications and events: pure functions."""

from __future__ import annotations

from collections.abc import Collection

from bridgekit import (
    Chat,
    ChatID,
    MatrixEvent,
    Message,
    RemoteEvent,
    RemoteUserID,
    from_plain,
    plain,
)


def to_event(topic: str, payload: bytes) -> RemoteEvent[Message]:
    """What a device said. What is no UTF-8 is shown with its bytes spelled out."""
    text = payload.decode("utf-8", "backslashreplace") or "(empty)"
    chat = Chat(ChatID(topic.rpartition("/")[0]))
    return RemoteEvent(chat, RemoteUserID(topic), Message(from_plain(text)))


def to_publication(
    event: MatrixEvent[Message], me: RemoteUserID, switches: Collection[str]
) -> tuple[str, str]:
    """The topic and the payload: "lamp: ON" for a switch, else what the bridge says itself."""
    text = plain(event.content.text)
    device, colon, command = text.partition(":")
    if colon and device in switches:
        return f"{event.chat.id}/{device}/set", command.strip()
    return f"{event.chat.id}/{me}", f"{event.author.name}: {text}" if event.relayed else text
