"""What of contents is looked through."""

from __future__ import annotations

from bridgekit import Attachment, AttachmentKind, Message
from bridgekit.events import ChatChange, Edit, Poll, Reaction
from bridgekit.facts import ChatInfo, Profile
from bridgekit.ids import MessageID
from bridgekit.richtext import from_html
from bridgekit.scanning.words import files_in, texts_in

ONE, OTHER = (Attachment(AttachmentKind.FILE, f"source {n}", f"name {n}") for n in (1, 2))


def test_a_word_is_whole_however_it_is_formatted() -> None:
    message = Message(from_html('ev<b>il</b> <a href="https://bad.example">here</a>'))
    texts = list(texts_in(message))
    assert "evil" in texts[0]
    assert "https://bad.example" in texts


def test_every_kind_of_content_has_its_words() -> None:
    poll = Poll("question", ("one", "other"))
    assert list(texts_in(poll)) == ["question", "one", "other"]
    change = ChatChange(ChatInfo(name="name", topic="topic"))
    assert list(texts_in(change)) == ["name", "topic"]
    assert "emoji" in list(texts_in(Reaction(MessageID("m"), "emoji")))


def test_files_are_found_wherever_they_are() -> None:
    message = Message((), attachments=(ONE,), profile=Profile("somebody", OTHER))
    assert list(files_in([Edit(MessageID("m"), message)])) == [ONE, OTHER]
    assert list(files_in(ChatChange(ChatInfo(avatar=OTHER)))) == [OTHER]
    assert "source 1" not in list(texts_in(message))
