"""Names that look the same have the same skeleton; others have not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.person.skeleton import skeleton


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "Alice"),
        ("alice", "\u0430l\u0456c\u0435"),  # three of them are Cyrillic
        ("alice", "\U0001d41a\U0001d425\U0001d422\U0001d41c\U0001d41e"),  # mathematical bold
        ("alice", "al\u200bice"),
        ("alice", "  alice "),
        ("alice", "a\u0301lice"),
        ("paypal", "paypaI"),
        ("paypal", "paypa1"),
        ("modern", "modem"),
        ("\u03a9mega", "\u2126mega"),  # the letter, and the unit
    ],
)
def test_what_looks_the_same_is_the_same(one, other):
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "bob"),
        ("\u674e", "\u738b"),
        ("\u0430\u043d\u043d\u0430", "\u0438\u043d\u043d\u0430"),
    ],
)
def test_what_looks_different_is_not(one, other):
    assert skeleton(one) != skeleton(other)


@given(st.text())
def test_every_text_has_a_skeleton(name):
    assert isinstance(skeleton(name), str)
