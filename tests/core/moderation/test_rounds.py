"""Circles end; whatever is honest is let through, however much it is and however often it comes."""

from __future__ import annotations

import pytest

from bridgekit.moderation.rounds import (
    AT_ONCE,
    LATER,
    MEMBERS,
    SOON,
    TIMES,
    TURNS,
    Rounds,
    Turn,
)

NOW = 1_700_000_000_000
ROOM, IRC, SLACK = "!room:example.org", "irc #room", "slack C1"
HELLO = "hello, is anybody there?"


def closed(turns, step=10, rounds=None):
    """The first turn that closes a circle, and who goes round; None: none does."""
    rounds = rounds or Rounds()
    for number, (way, who, words) in enumerate(turns):
        at = NOW + number * step
        people = rounds.closes(Turn(ROOM, way, who, at, words), at)
        if people:
            return number, people
    return None


def answering(count, step=10):
    turns = [
        (("", "@bot:x", f"question {n}"), (IRC, "oracle", f"answer {n}"))[n % 2]
        for n in range(count)
    ]
    return closed(turns, step)


def test_two_that_answer_each_other_at_once_are_stopped():
    number, people = answering(10 * TURNS)
    assert people == {"@bot:x", "oracle"}
    assert number == TURNS + 1


def test_two_people_who_chat_quickly_are_not():
    assert answering(10 * TURNS, step=AT_ONCE + 1) is None


def test_two_who_are_interrupted_are_not():
    turns = []
    for n in range(50):
        turns += [("", "@a:x", f"a{n}"), (IRC, "b", f"b{n}")] * 20
        turns += [("", "@c:x", f"me, too {n}")]
    assert closed(turns) is None


def test_two_whose_words_were_held_up_and_come_at_once_are_not():
    rounds = Rounds()
    for n in range(500):
        way, who = (("", "@a:x"), (IRC, "b"))[n % 2]
        said = NOW - (500 - n) * 10_000
        assert not rounds.closes(Turn(ROOM, way, who, said, f"word {n}"), NOW)


def growing(n):
    way, who = (("", "@relay:x"), (IRC, "otherbridge"))[n % 2]
    return way, who, "<relay> " * n + HELLO


def test_words_that_come_back_with_more_in_front_are_stopped():
    number, people = closed([growing(n) for n in range(10 * TIMES)])
    assert people == {"@relay:x", "otherbridge"}
    assert number == TIMES


def test_words_that_come_back_from_one_side_only_with_more_in_front_are_stopped():
    turns = [(IRC, "otherbridge", "<other ghost> " * n + HELLO) for n in range(10 * TIMES)]
    assert closed(turns) == (TIMES, {"otherbridge"})


def test_the_same_words_that_come_back_from_the_other_side_are_stopped():
    turns = [(("", "@relay:x", HELLO), (IRC, "other", HELLO))[n % 2] for n in range(10 * TIMES)]
    number, people = closed(turns)
    assert (number, people) == (TIMES, {"@relay:x", "other"})


def test_words_that_go_round_between_two_networks_are_stopped():
    turns = [((SLACK, "a", HELLO), (IRC, "b", HELLO))[n % 2] for n in range(10 * TIMES)]
    assert closed(turns) is not None


def test_several_that_go_round_at_once_are_stopped_too():
    turns = []
    for n in range(10 * TIMES):
        way, who, words = growing(n)
        turns += [(way, who, f"{words} asks {name}, and nobody answers") for name in "abc"]
    assert closed(turns)[0] < 4 * TIMES


@pytest.mark.parametrize("way", ["", IRC])
def test_a_bot_that_says_the_same_all_the_time_is_let_through(way):
    assert closed([(way, "monitor", "OK, all is well")] * 1000) is None
    assert closed([(way, "monitor", "OK, all is well")] * 1000, step=10_000) is None


def test_five_thousand_messages_of_one_sender_in_a_second_are_let_through():
    assert closed([(IRC, "bot", f"{n} {HELLO}") for n in range(5000)], step=0) is None
    assert closed([("", "@bot:x", f"line {n}") for n in range(5000)], step=0) is None
    assert closed([(IRC, "bot", HELLO)] * 5000, step=0) is None


def test_many_who_say_the_same_by_a_relay_are_let_through():
    turns = [(IRC, "relay", f"<person {n}> !vote for the tulips") for n in range(1000)]
    assert closed(turns) is None


def test_short_words_that_both_sides_say_are_let_through():
    turns = [("", f"@p{n}:x", "lol") if n % 2 else (IRC, f"q{n}", "lol") for n in range(500)]
    assert closed(turns) is None


def test_words_that_come_back_slowly_with_more_in_front_are_stopped():
    number, people = closed([growing(n) for n in range(10 * TIMES)], step=SOON + 1)
    assert (number, people) == (TIMES, {"@relay:x", "otherbridge"})
    assert closed([growing(n) for n in range(10 * TIMES)], step=LATER + 1) is None


def of_three(n, *, in_front):
    """`in_front`: how many of the three put their mark in front of what they bring."""
    way, who = (("", "@relay:x"), (IRC, "otherbridge"), (SLACK, "third"))[n % 3]
    marks = sum(number % 3 < in_front for number in range(1, n + 1))
    return way, who, "<relay> " * marks + HELLO


@pytest.mark.parametrize("in_front", [1, 2, 3])
def test_a_slow_circle_of_three_is_stopped_where_one_of_them_puts_something_in_front(in_front):
    turns = [of_three(n, in_front=in_front) for n in range(10 * TIMES)]
    number, people = closed(turns, step=60_000)
    assert number <= 3 * TIMES
    assert people <= {"@relay:x", "otherbridge", "third"}


@pytest.mark.parametrize("step", [SOON + 1, 60_000])
def test_a_slow_circle_of_three_who_say_just_the_same_is_stopped(step):
    number, people = closed([of_three(n, in_front=0) for n in range(10 * TIMES)], step)
    assert number == TIMES * 3 // 2, "as many rounds as of two"
    assert people < {"@relay:x", "otherbridge", "third"}


@pytest.mark.parametrize("members", MEMBERS)
def test_a_slow_circle_of_many_who_say_just_the_same_is_stopped_as_soon_as_two_sides_are_in_it(
    members,
):
    """However many of them are on one side, and however uneven its hops are."""
    rounds, at = Rounds(), NOW
    for n in range(10 * members * TIMES):
        at += 7_000 * (n % members + 1) + n % 5 * 100
        way, who = (IRC, "otherbridge") if n % members == 0 else ("", f"@relay{n % members}:x")
        if rounds.closes(Turn(ROOM, way, who, at, HELLO), at):
            break
    else:
        pytest.fail("nobody stops it")
    assert n <= (TIMES // 2 + 1) * members


def test_a_slow_circle_of_three_on_one_side_only_is_somebody_who_says_it_again():
    turns = [(IRC, f"monitor{n % 3}", "OK, all is well") for n in range(10 * TIMES)]
    assert closed(turns, step=60_000) is None


def test_three_who_play_by_turns_are_let_through():
    rounds, at = Rounds(), NOW
    for n in range(10 * TIMES):
        way, who = (("", "@a:x"), (IRC, "b"), (SLACK, "c"))[n % 3]
        at += 6_000 + n * 7_919 % 20_000
        assert not rounds.closes(Turn(ROOM, way, who, at, HELLO), at)


def by_turns(wait):
    """Two of either side say the same, each so many milliseconds after the other."""
    rounds, at = Rounds(), NOW
    for n in range(10 * TIMES):
        way, who = (("", "@a:x"), (IRC, "b"))[n % 2]
        at += wait(n)
        if rounds.closes(Turn(ROOM, way, who, at, HELLO), at):
            return n
    return None


def test_the_same_words_that_come_back_slowly_and_regularly_are_stopped():
    assert by_turns(lambda n: (200, 30_000)[n % 2] + n % 3 * 100) == TIMES


def test_two_people_who_play_with_a_bot_by_turns_are_let_through():
    assert by_turns(lambda n: 6_000 + n * 7_919 % 20_000) is None


def test_many_who_wish_each_other_a_good_morning_are_let_through():
    turns = [
        (("", f"@p{n}:x"), (IRC, f"q{n}"))[n % 2] + ("good morning",) for n in range(10 * TIMES)
    ]
    assert closed(turns, step=10_000) is None


def test_another_room_is_another_conversation():
    rounds = Rounds()
    for n in range(10 * TIMES):
        way, who, words = growing(n)
        assert not rounds.closes(Turn(f"!{n}", way, who, NOW, words), NOW)
