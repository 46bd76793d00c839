"""Ranks and levels: the table, both ways, and what a person's change of levels means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.events import Membership, MemberState
from bridgekit.facts import Rank
from bridgekit.ids import RemoteUserID
from bridgekit.membership.ranks import (
    level_of,
    may_speak_change,
    rank_changes,
    rank_of,
    speaking_level,
)

ORDER = list(Rank)
SPEAK = st.sampled_from(ORDER)


@given(st.sampled_from(ORDER), SPEAK)
def test_a_rank_comes_back_from_its_level(rank, may_speak):
    level = level_of(rank, may_speak)
    found = rank_of(level)
    assert found is rank or (rank is Rank.VOICE and found is Rank.MEMBER)


@given(st.sampled_from(ORDER), SPEAK)
def test_who_may_speak_has_the_level_for_it_and_nobody_else(rank, may_speak):
    may = ORDER.index(rank) >= max(ORDER.index(may_speak), ORDER.index(Rank.MEMBER))
    assert (level_of(rank, may_speak) >= speaking_level(may_speak)) == may


@given(st.integers(-(2**53), 2**53))
def test_every_level_is_some_rank_and_higher_ones_no_lower(level):
    assert ORDER.index(rank_of(level)) <= ORDER.index(rank_of(level + 1))


def test_nobody_gets_the_level_of_the_bot():
    assert max(level_of(rank) for rank in Rank) < 100


def remote(user):
    name = user[1:].partition(":")[0]
    return RemoteUserID(name.removeprefix("loop_")) if name.startswith("loop_") else None


def changes(old, new):
    return [(one.user, one.rank) for one in rank_changes(old, new, remote)]


BOB, CAROL = "@loop_bob:x", "@loop_carol:x"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"users": {BOB: 50}}, [("bob", Rank.MODERATOR)]),
        ({"users": {BOB: 50}}, {}, [("bob", Rank.MEMBER)]),
        ({"users": {BOB: 50}}, {"users": {BOB: 60}}, []),
        ({"users": {BOB: 50}}, {"users": {BOB: 100}}, [("bob", Rank.OWNER)]),
        ({"users": {}}, {"users": {BOB: -1}}, [("bob", Rank.MUTED)]),
        ({"users": {}}, {"users": {"@alice:x": 50}}, []),
        ({"users": {BOB: 50}}, {"users": {BOB: "50"}}, []),
        ({"users": {BOB: True}}, {"users": {BOB: "many"}}, []),
        ({"users": "what"}, {"users": {BOB: 75}}, [("bob", Rank.ADMIN)]),
        ({"users": {BOB: 50}}, {"users": {}, "users_default": 50}, []),
        (
            {"users": {CAROL: 50, BOB: 0}},
            {"users": {CAROL: 0, BOB: 50}},
            [("bob", Rank.MODERATOR), ("carol", Rank.MEMBER)],
        ),
    ],
)
def test_a_change_of_levels_is_a_change_of_ranks(old, new, expected):
    assert changes(old, new) == expected


def test_a_change_of_rank_is_a_join_with_it():
    (change,) = rank_changes({}, {"users": {BOB: 50}}, remote)
    assert change == Membership(RemoteUserID("bob"), MemberState.JOIN, rank=Rank.MODERATOR)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"events_default": 1}, Rank.VOICE),
        ({"events_default": 50}, {}, Rank.MEMBER),
        ({"events_default": 50}, {"events_default": 60}, None),
        ({}, {"events_default": None}, None),
    ],
)
def test_who_may_speak_follows_events_default(old, new, expected):
    assert may_speak_change(old, new) is expected
