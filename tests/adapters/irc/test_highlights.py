"""Nicks in a text are mentions, where they can be meant."""

import pytest

from bridgekit import Bold, Code, Mention, Text, plain
from bridges.irc.highlights import calling_nobody, with_mentions

THERE = {"annette", "bob", "the", "x[y]z", *(f"person{number}" for number in range(9))}


def known(nick):
    return nick.lower() if nick.lower() in THERE else None


def called(text):
    found = with_mentions((Text(text),), known)
    assert plain(found) == text
    return [node.user for node in found if isinstance(node, Mention)]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("annette: hi", ["annette"]),
        ("hi Annette!", ["annette"]),
        ("ask annette, or x[y]z.", ["annette", "x[y]z"]),
        ("@annette and (annette)", ["annette", "annette"]),
        ("bob: hi", ["bob"]),
        ("bob, hi", ["bob"]),
        ("I saw bob", []),
        ("the cat", []),
        ("annettes", []),
        ("xannette", []),
        ("https://example.org/annette and mail@annette.example", []),
        ("annette's cat", ["annette"]),
        ("annette...", ["annette"]),
        ("^annette^: hi", ["annette"]),
        ("[annette], hi", ["annette"]),
        ("annette.bar annette/ /annette annette=bar annette#bar äannette", []),
        (" ".join(f"person{number}" for number in range(9)), [f"person{n}" for n in range(5)]),
        ("", []),
    ],
)
def test_who_is_called(text, who):
    assert called(text) == who


def test_styles_stay_and_code_is_none():
    text = (Bold((Text("annette: see"),)), Code("annette"))
    assert with_mentions(text, known) == (
        Bold((Mention("annette", "annette"), Text(": see"))),
        Code("annette"),
    )


@pytest.mark.parametrize("name", ["Annette", "👩‍👩‍👧 family", "é"])
def test_a_name_that_calls_nobody_looks_the_same(name):
    shown = calling_nobody(name)
    assert shown.replace("\N{ZERO WIDTH SPACE}", "") == name
    assert called(shown) == []
    assert (shown != name) == (len(name) > 1)
