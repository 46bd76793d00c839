"""A ban is for one person: by their host where that is theirs alone, else by what is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.irc.casemap import CaseMapping, fold
from bridges.irc.masks import Source, ban_of, matching
from tests.fuzz.effort import tries

ANN = Source("ann", "anna", "home.example")


@pytest.mark.parametrize(
    ("whom", "others", "mask"),
    [
        (ANN, [], "*!*@home.example"),
        (ANN, [Source("bob", "b", "elsewhere.example")], "*!*@home.example"),
        (ANN, [Source("bob", "b", "home.example")], "*!anna@home.example"),
        (ANN, [Source("bob", "anna", "home.example")], "ann!*@*"),
        (Source("ann", "~a", "gate.way"), [Source("bob", "~b", "gate.way")], "ann!*@*"),
        (Source("ann"), [], "ann!*@*"),
    ],
)
def test_a_ban_is_as_wide_as_it_may_be(whom, others, mask):
    assert ban_of(whom, others) == mask


WORD = st.text("ab[]{}~", min_size=1, max_size=4)
SOURCES = st.builds(Source, WORD, WORD, WORD)


@tries(100)
@given(SOURCES, st.lists(SOURCES, max_size=4))
def test_a_ban_is_for_whom_it_is_meant_and_nobody_with_another_nick(whom, others):
    others = [other for other in others if other.nick != whom.nick]
    mask = ban_of(whom, others)
    meant = matching(mask)
    assert meant(str(whom))
    assert not any(meant(str(other)) for other in others)


def test_masks_compare_as_the_network_does():
    def folded(text):
        return fold(text, CaseMapping.RFC1459)

    assert matching("ANN[x]!*@*", folded)("ann{X}!u@h")
    assert not matching("ANN[x]!*@*")("ann{x}!u@h")


@tries(100)
@given(st.text("ab*?.\n", max_size=6), st.text("ab.\n", max_size=8))
def test_stars_and_question_marks_stand_for_what_they_do_everywhere(mask, source):
    wild = {"*": ".*", "?": "."}
    pattern = "".join(wild.get(char) or re.escape(char) for char in mask)
    assert matching(mask)(source) == (re.fullmatch(pattern, source, re.DOTALL) is not None)


class Counted(str):
    """Knows how many of its characters were looked at."""

    __slots__ = ("looks",)

    def __iter__(self):
        for char in str(self):
            self.looks += 1
            yield char


def test_no_mask_makes_us_look_at_anything_twice():
    mask, source = Counted("*a" * 200 + "z!*@*"), Counted("a" * 300 + "!u@h")
    mask.looks = source.looks = 0
    assert not matching(mask, lambda text: text)(source)
    assert (mask.looks, source.looks) == (len(mask), len(source))
