"""What Tinychat says, as bridgekit knows it."""

from typing import Any

from bridgekit import (
    Chat,
    ChatID,
    Deletion,
    MatrixEvent,
    Message,
    MessageID,
    MessageKind,
    Profile,
    RemoteEvent,
    RemoteUserID,
    from_plain,
    plain,
)

from matrix_bridgekit_tinychat.convert import to_event, to_text

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


def test_what_somebody_does_is_told_with_their_name() -> None:
    waves = Message(from_plain("waves"), MessageKind.EMOTE)
    lobby, ada = Chat(ChatID("lobby")), Profile("Ada")
    assert to_text(MatrixEvent(lobby, waves, "txn", ada, relayed=True)) == "* Ada waves"
