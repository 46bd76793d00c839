"""Between publications and events: pure functions."""

from __future__ import annotations

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
from matrix_bridgekit_mqtt.mqtt.packets import LARGEST, Publication


def to_event(message: Publication) -> RemoteEvent[Message]:
    """What a device said; what is no UTF-8 with its bytes spelled out.

    Raises `ValueError` for a topic that is no UTF-8, and for what is too large.
    """
    if len(message.payload) > LARGEST // 2:
        raise ValueError("It is too large for a message")
    topic = message.topic.decode()
    text = message.payload.decode("utf-8", "backslashreplace") or "(empty)"
    chat = Chat(ChatID(topic.rpartition("/")[0]))
    return RemoteEvent(chat, RemoteUserID(topic), Message(from_plain(text)))


def to_publication(
    event: MatrixEvent[Message], me: RemoteUserID, switches: frozenset[str]
) -> tuple[str, str]:
    """The topic and the payload: "lamp: ON" for a switch, else what the bridge says itself."""
    text = plain(event.content.text)
    device, colon, command = text.partition(":")
    if colon and device in switches:
        return f"{event.chat.id}/{device}/set", command.strip()
    return f"{event.chat.id}/{me}", f"{event.author.name}: {text}" if event.relayed else text
