"""The words that opt people out, in and get help: the whole of a text, in any case."""

from __future__ import annotations

import pytest

from bridgekit import RemoteUserID
from bridges.sms.opt_out import LANGUAGES, Wish, words
from tests.adapters.sms.office import place, settings


@pytest.mark.parametrize(
    "text", ["STOP", "stop", " Stop\n", "Stop.", "STOPALL", "unsubscribe", "CANCEL", "END", "QUIT"]
)
def test_the_words_of_carriers_opt_out(text: str) -> None:
    assert words(()).wish(text) is Wish.STOP


@pytest.mark.parametrize("text", ["REVOKE", "OPTOUT"])
def test_the_newer_words_opt_out_too(text: str) -> None:
    assert words(()).wish(text) is Wish.STOP


@pytest.mark.parametrize("text", ["please stop", "stop it", "the end", "help me", "yes"])
def test_a_word_within_a_text_means_nothing(text: str) -> None:
    assert words(()).wish(text) is None


def test_opting_in_and_asking_for_help_have_words_too() -> None:
    assert words(()).wish("Start") is Wish.START
    assert words(()).wish("UNSTOP") is Wish.START
    assert words(()).wish("info") is Wish.HELP
    assert words((), yes=True).wish("Yes") is Wish.START


def test_words_of_other_languages_count_where_they_are_configured() -> None:
    assert words(()).wish("Arrêt") is None
    assert words(("fr",)).wish("ARRÊT") is Wish.STOP
    assert words(("fr",)).wish("arret") is Wish.STOP
    assert words(("fr",)).wish("arre\u0302t") is Wish.STOP  # as some phones spell it
    assert words(("de",)).wish("STOPP") is Wish.STOP
    assert words(tuple(sorted(LANGUAGES))).wish("stop") is Wish.STOP


@pytest.mark.parametrize(
    ("own", "sender", "known"),
    [
        ("16135550100", "14155550101", True),
        ("14155550100", "16135550101", True),
        ("14155550100", "14155550101", False),
        ("14155550100", "short-us-12345", False),
    ],
)
async def test_canada_has_french_words_without_being_told(
    own: str, sender: str, *, known: bool
) -> None:
    office = place(settings(numbers={own: {}}))
    assert (office.desk.wishes.of(own, RemoteUserID(sender), "ARRET") is Wish.STOP) is known
    assert office.desk.wishes.of(own, RemoteUserID(sender), "Stop") is Wish.STOP
