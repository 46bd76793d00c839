"""Emoji by Slack's names, and back."""

from __future__ import annotations

import pytest

from bridges.slack.emoji import _by_emoji, _by_name, from_codes, name_of, unicode_of


@pytest.mark.parametrize(
    ("name", "emoji"),
    [
        ("wave", "👋"),
        ("wave::skin-tone-3", "👋🏼"),
        ("wave::skin-tone-3-3", "👋🏼"),
        ("+1", "👍"),
        ("thumbsup", "👍"),
        ("heart", "❤️"),
        ("flag-at", "🇦🇹"),
        ("people_holding_hands::skin-tone-2-3", "🧑🏻‍🤝‍🧑🏼"),
    ],
)
def test_a_name_is_an_emoji(name: str, emoji: str) -> None:
    assert unicode_of(name) == emoji
    assert unicode_of(name_of(emoji) or "") == emoji


def test_every_emoji_that_slack_has_comes_back_as_itself() -> None:
    assert len(_by_name()) > 3900
    for emoji, name in _by_emoji().items():
        found = unicode_of(name)
        assert found is not None
        assert found.replace("\ufe0f", "") == emoji


def test_the_selector_makes_no_difference() -> None:
    assert name_of("❤") == name_of("❤️") == "heart"


@pytest.mark.parametrize("name", ["bridgekit", "", "wave::skin-tone-9", "skin-tone-"])
def test_what_is_no_name_of_slacks_is_a_custom_one(name: str) -> None:
    assert unicode_of(name) is None


@pytest.mark.parametrize("codes", ["", "d800", "110000", "x", "1f44b-", "1" * 50])
def test_what_is_no_code_is_no_text(codes: str) -> None:
    assert from_codes(codes) is None
