"""What Tinychat says, as bridgekit knows it."""

from typing import Any

from bridgekit import Chat, ChatID, Deletion, Message, MessageID, RemoteEvent, RemoteUserID, plain

from matrix_bridgekit_tinychat.convert import to_event

NEWS: dict[str, Any] = {"number": 7, "chat": "lobby", "from": "ada", "id": "m1"}


def test_a_message_is_told_with_its_text() -> None:
    event = to_event(NEWS | {"text": "*hello*"})
    assert isinstance(event.content, Message)
    assert plain(event.content.text) == "*hello*"
    assert event.id == MessageID("m1")


def test_a_deletion_names_the_message() -> None:
    assert to_event(NEWS | {"deleted": True}) == RemoteEvent(
        Chat(ChatID("lobby")),
        RemoteUserID("ada"),
        Deletion(MessageID("m1")),
        key="7",
    )
