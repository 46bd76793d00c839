"""Channel modes: which of them come with an argument, and what rank they stand for."""

import pytest

from bridgekit import Rank
from bridges.irc.modes import (
    ModeChange,
    ModeKinds,
    changes_to,
    kinds,
    mask_of,
    mode_changes,
    nick_in,
    rank_of,
)

LIBERA = kinds({"@": "o", "+": "v"}, ["eIbq", "k", "flj", "CFLMPQScgimnprstuz"])


def changes(text, known=LIBERA):
    return [(one.added, one.mode, one.argument) for one in mode_changes(text.split(), known)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("+o ann", [(True, "o", "ann")]),
        ("+o-v ann bob", [(True, "o", "ann"), (False, "v", "bob")]),
        ("+mo ann", [(True, "m", ""), (True, "o", "ann")]),
        ("+lo 5 ann", [(True, "l", "5"), (True, "o", "ann")]),
        ("-lo ann", [(False, "l", ""), (False, "o", "ann")]),
        ("+b-k *!*@x key", [(True, "b", "*!*@x"), (False, "k", "key")]),
        ("+qo *!*@x ann", [(True, "q", "*!*@x"), (True, "o", "ann")]),
        ("+oo ann", [(True, "o", "ann")]),
        ("o ann", [(True, "o", "ann")]),
        ("", []),
    ],
)
def test_an_argument_goes_to_the_mode_that_takes_one(line, expected):
    assert changes(line) == expected


def test_a_server_that_says_nothing_is_taken_for_an_old_one():
    assert kinds({}, []) == ModeKinds("ov", "beIk", "l")
    assert list(mode_changes(["+o", "ann"], ModeKinds())) == [ModeChange(True, "o", "ann")]


@pytest.mark.parametrize(
    ("modes", "rank"),
    [("", Rank.MEMBER), ("v", Rank.VOICE), ("vo", Rank.MODERATOR), ("hv", Rank.MODERATOR),
     ("oa", Rank.ADMIN), ("qo", Rank.OWNER), ("Y", Rank.MEMBER)],
)  # fmt: skip
def test_the_highest_mode_is_the_rank(modes, rank):
    assert rank_of(modes) is rank


FULL = kinds({"~": "q", "&": "a", "@": "o", "%": "h", "+": "v"}, ["b", "k", "l", "imnpst"])


@pytest.mark.parametrize(
    ("rank", "held", "known", "expected"),
    [
        (Rank.MODERATOR, "", LIBERA, "+o"),
        (Rank.MODERATOR, "v", LIBERA, "+o"),
        (Rank.MODERATOR, "o", LIBERA, ""),
        (Rank.MODERATOR, "h", FULL, ""),
        (Rank.MODERATOR, "qo", FULL, "-q"),
        (Rank.MODERATOR, None, FULL, "-q-a+o"),
        (Rank.ADMIN, "", LIBERA, "+o"),
        (Rank.ADMIN, "o", FULL, "+a"),
        (Rank.OWNER, "", FULL, "+q"),
        (Rank.VOICE, "o", LIBERA, "-o+v"),
        (Rank.VOICE, "ov", LIBERA, "-o"),
        (Rank.MEMBER, "aohv", FULL, "-a-o-h-v"),
        (Rank.MEMBER, "", FULL, ""),
        (Rank.MEMBER, None, LIBERA, "-o-v"),
    ],
)
def test_a_rank_is_reached_with_as_few_modes_as_can_be(rank, held, known, expected):
    changed = changes_to(rank, held, known)
    assert "".join(f"{'+' if one.added else '-'}{one.mode}" for one in changed) == expected


@pytest.mark.parametrize(
    ("mask", "nick"),
    [("ann!*@*", "ann"), ("*!*@*", None), ("a?n!*@*", None), ("ann!*@host", None), ("ann", None)],
)
def test_a_mask_for_a_nick_alone_is_told_from_others(mask, nick):
    assert nick_in(mask) == nick
    assert nick_in(mask_of("Bob[x]")) == "Bob[x]"
