"""Emoji, as Matrix and as networks spell them."""

from __future__ import annotations

import pytest

from bridgekit.emoji import bare, fully_qualified, shortcode, spelt

HEART, THUMB = "\u2764", "\U0001f44d"


@pytest.mark.parametrize(
    ("emoji", "qualified"),
    [
        (HEART, HEART + "\ufe0f"),
        (HEART + "\ufe0f", HEART + "\ufe0f"),
        (HEART + "\ufe0e", HEART + "\ufe0e"),  # a sign by choice
        (THUMB, THUMB),
        (THUMB + "\U0001f3fd", THUMB + "\U0001f3fd"),
        ("\u261d\U0001f3fd", "\u261d\U0001f3fd"),  # a skin tone makes it a picture
        ("1\u20e3", "1\ufe0f\u20e3"),
        ("1", "1"),
        (HEART + "\u200d\U0001f525", HEART + "\ufe0f\u200d\U0001f525"),
        ("lol", "lol"),
    ],
)
def test_a_sign_becomes_a_picture(emoji: str, qualified: str) -> None:
    assert fully_qualified(emoji) == qualified
    assert fully_qualified(qualified) == qualified
    assert bare(qualified) == bare(emoji)


@pytest.mark.parametrize(
    ("emoji", "name"), [(":party:", "party"), ("party", None), (":a b:", None), ("::", None)]
)
def test_a_custom_emoji_is_known_by_its_colons(emoji: str, name: str | None) -> None:
    assert shortcode(emoji) == name


def test_a_network_gets_an_emoji_as_it_spells_it() -> None:
    assert spelt(HEART + "\ufe0f", {HEART}) == HEART
    assert spelt(HEART, {HEART + "\ufe0f"}) == HEART + "\ufe0f"
    assert spelt(THUMB, {HEART}) is None
    assert spelt(THUMB, None) == THUMB
