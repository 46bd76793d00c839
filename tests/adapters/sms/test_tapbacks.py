"""Reactions that phones text: which texts they are, and what they are about."""

from __future__ import annotations

import pytest

from bridgekit import ChatID, MessageID
from bridges.sms.memory import Memory
from bridges.sms.tapbacks import KEPT, Localised, Tapback, tapback

CHAT = ChatID("14155550100/14155550101")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Loved “See you at 8”", Tapback("❤️", "See you at 8")),
        ("Liked “ok”", Tapback("👍", "ok")),
        ("Disliked “ok”", Tapback("👎", "ok")),
        ("Laughed at “a joke”", Tapback("😂", "a joke")),
        ("Emphasized “now”", Tapback("‼️", "now")),
        ("Questioned “really”", Tapback("❓", "really")),
        ("Loved an image", Tapback("❤️", None)),
        ("Reacted 🎉 to “we won”", Tapback("🎉", "we won")),
        ("Removed a heart from “See you”", Tapback("❤️", "See you", removed=True)),
        ("Removed an exclamation from “x”", Tapback("‼️", "x", removed=True)),
        ("\u200a\u200b👍\u200b to “\u200aok\u200a” ", Tapback("👍", "\u200aok\u200a")),
        ("Liked “of “quotes” in quotes”", Tapback("👍", "of “quotes” in quotes")),
        ("Liked “two\nlines”", Tapback("👍", "two\nlines")),
    ],
)
def test_what_phones_text_for_a_reaction_is_one(text: str, expected: Tapback) -> None:
    assert tapback(text) == expected


@pytest.mark.parametrize(
    "text",
    ["Loved it", "I loved “See you”", "Liked", "Reacted badly to “it”", "said to “him”", "Loved a"],
)
def test_an_ordinary_text_is_no_reaction(text: str) -> None:
    assert tapback(text) is None


def test_other_languages_are_for_the_operator_to_name() -> None:
    assert tapback("A aimé “ok”", Localised({"A aimé": "👍"})) == Tapback("👍", "ok")
    assert tapback("A aimé “ok”") is None


def remembering(*said: str) -> Memory:
    memory = Memory()
    for number, text in enumerate(said):
        memory.add(CHAT, (MessageID(f"m{number}"),), text)
    return memory


def test_the_newest_message_that_is_quoted_is_meant() -> None:
    memory = remembering("ok", "no", "ok")
    assert memory.target(CHAT, Tapback("👍", "ok")) == "m2"


def test_a_quotation_that_was_cut_matches_how_it_begins() -> None:
    memory = remembering("a long story about nothing", "another")
    assert memory.target(CHAT, Tapback("👍", "a long story…")) == "m0"
    assert memory.target(CHAT, Tapback("👍", "a long story...")) == "m0"


def test_quotation_marks_and_blanks_that_phones_change_do_not_matter() -> None:
    memory = remembering("it's  “fine”\nreally")
    assert memory.target(CHAT, Tapback("👍", 'it\u2019s "fine" really')) == "m0"


def test_a_reaction_to_a_picture_is_to_the_newest_message_without_words() -> None:
    memory = remembering("look", "", "nice?")
    assert memory.target(CHAT, Tapback("❤️", None)) == "m1"


def test_what_nobody_remembers_is_no_target() -> None:
    memory = remembering("first", *(f"later {number}" for number in range(KEPT)))
    assert memory.target(CHAT, Tapback("👍", "first")) is None
    assert memory.target(ChatID("14155550100/14155550199"), Tapback("👍", "later 1")) is None
