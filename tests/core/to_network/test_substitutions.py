"""Edits as `s/old/new/`: short where they can be, and always to be understood."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.to_network.substitutions import MOST, SHORT, substitutions
from tests.fuzz.effort import tries

LONG = "the quick brown fox jumps over the lazy dog"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("the meeting is before 9 tomorrow", "the meeting is after 9 tomorrow", "s/before/after/"),
        ("take your filthy hands off of me", "take your hands off of me", "s/filthy//"),
        ("I am going out for lunch now", "I am going out for lunch now, bbl", "* lunch now, bbl"),
        (f"{LONG}\none a here", f"{LONG}\none bla there", "s/a here/bla there/"),
        ("one has a in it\nthe other one b", "one has bla in it\nthe other one bleh",
         "s/a/bla/, s/b/bleh/"),
        (LONG, LONG.replace("lazy", "very lazy"), None),
        ("brown foxes jump over all dogs", "old brown foxes jump over all dogs",
         "s/brown/old brown/"),
        ("short text", "short text!", None),
        (LONG, "something else entirely, that has no word in common with it", None),
        (LONG, LONG, None),
        (LONG, LONG.replace("quick", "a/b"), None),
        ("ho ho ho and a bottle of rum", "ho hi ho and a bottle of rum", None),
    ],
)  # fmt: skip
def test_what_an_edit_is_said_as(before, after, said):
    assert substitutions(before, after) == said


words = st.lists(st.sampled_from(["ann", "bob", "cat", "dog", "eel"]), max_size=12).map(" ".join)


@tries(100)
@given(words, words)
def test_it_is_shorter_than_the_text_and_makes_the_new_one_of_the_old(before, after):
    said = substitutions(before, after)
    if said is None:
        return
    assert len(said) < len(after)
    assert len(after) > SHORT
    if said.startswith("* "):
        assert after.endswith(said.removeprefix("* "))
        return
    now = f" {before} "
    changes = said.split(", ")
    assert len(changes) <= MOST
    for change in changes:
        old, new = re.fullmatch("s/([^/]*)/([^/]*)/", change).groups()
        now = now.replace(f" {old} ", f" {new} " if new else " ", 1)
    assert now.split() == after.split()
