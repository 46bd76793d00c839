"""The new content of `m.room.power_levels`: pure."""

from __future__ import annotations

import json

import pytest

from bridgekit.facts import Rank
from bridgekit.ids import UserID
from bridgekit.membership.power_levels import LARGEST, Setter, SpeakWish, Wish, merged
from bridgekit.testing.homeserver.creation import initial_state

BOT, BOB, CAROL = UserID("@bot:x"), UserID("@loop_bob:x"), UserID("@loop_carol:x")
OLD = Setter(BOT, frozenset())
NEW = Setter(BOT, frozenset({BOT}))
LEVELS = {"users": {BOT: 100}, "users_default": 0, "events_default": 0, "ban": 50}


def merge(levels, *wishes, setter=OLD, speak=SpeakWish()):  # noqa: B008 (frozen)
    return merged(levels, setter, wishes, speak, lambda user: user.startswith("@loop_"))


def with_users(**users):
    return LEVELS | {"users": {BOT: 100} | {f"@loop_{name}:x": at for name, at in users.items()}}


def test_ranks_are_added_and_everything_else_stays():
    new = merge(LEVELS, Wish(BOB, Rank.MODERATOR, None), Wish(CAROL, Rank.ADMIN, None))
    assert new.content == LEVELS | {"users": {BOT: 100, BOB: 50, CAROL: 75}}
    assert new.ours == {BOB: 50, CAROL: 75}
    assert LEVELS["users"] == {BOT: 100}, "what was handed in is left alone"


def test_who_is_ordinary_is_not_named():
    new = merge(with_users(bob=50), Wish(BOB, Rank.MEMBER, 50), Wish(CAROL, Rank.MEMBER, None))
    assert new.content == LEVELS
    assert new.ours == {BOB: 0, CAROL: 0}


@pytest.mark.parametrize(
    ("granted", "rank", "ours", "after"),
    [
        (100, Rank.MEMBER, 50, 100),  # a person raised what we set
        (100, Rank.MODERATOR, None, 100),  # a person granted more, before we ever set anything
        (50, Rank.MEMBER, None, 50),  # a person granted it, and the network takes nothing
        (10, Rank.MODERATOR, 75, 50),  # a person lowered it; the network grants: raised
        (50, Rank.MEMBER, 50, 0),  # we granted it, we take it
        (60, Rank.MUTED, 50, 60),  # nobody is muted whom a person granted something
        (99, Rank.OWNER, 50, 99),
    ],
)
def test_what_a_person_granted_is_raised_and_never_lowered(granted, rank, ours, after):
    new = merge(with_users(bob=granted), Wish(BOB, rank, ours))
    assert new.content["users"].get(BOB, 0) == after
    assert (new.ours[BOB] is None) == (after == granted and ours != granted)


def test_a_level_that_was_taken_by_a_person_is_not_ours_any_more():
    levels = with_users()  # they took it away
    assert merge(levels, Wish(BOB, Rank.MODERATOR, 75)).content["users"][BOB] == 50
    assert BOB not in merge(levels, Wish(BOB, Rank.MEMBER, 75)).content["users"]


@pytest.mark.parametrize(
    ("then", "after"),
    [
        ((Rank.MEMBER,), 60),
        ((Rank.OWNER, Rank.MODERATOR), 60),
        ((Rank.MUTED,), 60),
        ((Rank.MEMBER, Rank.ADMIN, Rank.MEMBER), 60),
        ((Rank.OWNER,), 95),
    ],
)
def test_a_grant_of_a_person_outlives_a_promotion_and_a_demotion(then, after):
    new = merge(with_users(bob=60), Wish(BOB, Rank.ADMIN, None))
    assert new.content["users"][BOB] == 75
    for rank in then:
        new = merge(new.content, Wish(BOB, rank, new.ours[BOB], new.under[BOB]))
    assert new.content["users"][BOB] == after


def test_a_grant_that_was_taken_back_by_a_person_does_not_come_again():
    taken = with_users()
    new = merge(taken, Wish(BOB, Rank.MODERATOR, 75, 60))
    new = merge(new.content, Wish(BOB, Rank.MUTED, new.ours[BOB], new.under[BOB]))
    assert new.content["users"][BOB] == -1


def test_a_silence_of_a_person_outlives_one_of_the_network():
    new = merge(LEVELS | {"events_default": 10}, speak=SpeakWish(Rank.ADMIN, None, news=True))
    assert new.content["events_default"] == 75
    speak = SpeakWish(Rank.MEMBER, new.speaking, news=True, under=new.speaking_under)
    assert merge(new.content, speak=speak).content["events_default"] == 10


def test_who_is_not_named_has_nothing_that_a_person_granted():
    assert merge(LEVELS, Wish(BOB, Rank.MUTED, 50)).content["users"][BOB] == -1


def test_creators_are_never_named_in_rooms_that_have_them():
    setter = Setter(BOT, frozenset({BOT, BOB}))
    levels = LEVELS | {"users": {}}
    new = merge(levels, Wish(BOB, Rank.OWNER, None), Wish(CAROL, Rank.OWNER, None), setter=setter)
    assert new.content["users"] == {CAROL: 95}
    assert new.ours[BOB] is None


def test_nothing_is_given_that_could_not_be_taken_back():
    levels = LEVELS | {"users": {BOT: 60}}
    new = merge(levels, Wish(BOB, Rank.OWNER, None), speak=SpeakWish(Rank.OWNER, None, news=True))
    assert (new.content["users"][BOB], new.content["events_default"]) == (59, 60)


def test_an_equal_of_the_bot_is_left_alone():
    levels = LEVELS | {"users": {BOT: 50, BOB: 50}}
    assert merge(levels, Wish(BOB, Rank.MEMBER, 50)).content == levels


@pytest.mark.parametrize(
    ("now", "rank", "ours", "after"),
    [
        (0, Rank.VOICE, None, 1),
        (1, Rank.MEMBER, 1, 0),
        (50, Rank.MEMBER, None, 50),  # a person silenced the room
        (50, Rank.ADMIN, None, 75),
        (0, Rank.OWNER, None, 95),
        (0, Rank.MUTED, None, 0),
    ],
)
def test_who_may_speak_is_events_default(now, rank, ours, after):
    speak = SpeakWish(rank, ours, news=True)
    assert merge(LEVELS | {"events_default": now}, speak=speak).content["events_default"] == after
    unchanged = merge(LEVELS | {"events_default": now}, speak=SpeakWish(rank, ours))
    assert unchanged.content["events_default"] == now


@pytest.mark.parametrize(("rank", "level"), [(Rank.VOICE, 1), (Rank.MEMBER, None)])
def test_a_voice_counts_only_where_others_have_none(rank, level):
    new = merge(LEVELS, Wish(BOB, Rank.VOICE, None), speak=SpeakWish(rank, None))
    assert new.content["users"].get(BOB) == level


def test_of_too_many_the_highest_are_kept():
    names = [UserID(f"@loop_{'x' * 60}{number}:example.org") for number in range(2000)]
    wishes = [
        Wish(name, Rank.MODERATOR if number % 2 else Rank.ADMIN, None)
        for number, name in enumerate(names)
    ]
    levels = LEVELS | {"users": {BOT: 100, UserID("@alice:x"): 1}}
    new = merge(levels, *wishes)
    users = new.content["users"]
    assert len(json.dumps(new.content, separators=(",", ":"))) <= LARGEST
    kept = [level for user, level in users.items() if user.startswith("@loop_")]
    assert set(kept) == {75}, "of the lower rank nobody is left"
    assert {BOT, "@alice:x"} <= users.keys(), "people are never dropped"
    assert new.left_out == 2000 - len(kept)
    assert [new.ours[name] for name in names if name not in users] == [None] * new.left_out


@pytest.mark.parametrize("version", ["11", "12"])
def test_the_bot_that_made_a_room_may_set_its_levels(version):
    config = {"room_version": version, "preset": "public_chat"}
    ((_, _, levels), *_) = initial_state(config, BOT, None)
    assert (NEW if version == "12" else OLD).may(levels)
    assert not Setter(BOB, frozenset()).may(levels)


def test_a_room_without_levels_of_its_own_needs_those_of_the_spec():
    assert not OLD.may({})
    assert OLD.may({"users": {BOT: 50}})
    assert not OLD.may({"users": {BOT: 50}, "events": {"m.room.power_levels": 100}})
