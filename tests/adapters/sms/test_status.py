"""The states of a message only move forward, whatever order they are told in."""

from __future__ import annotations

from itertools import permutations

import pytest

from bridgekit import Delivery, DeliveryState
from bridges.sms.inbound import reported
from bridges.sms.numbers import between, peer
from bridges.sms.provider import Report
from bridges.sms.status import REASONS, Rank, end_of, rank_of, reason_of

TALK = between("14155550100", peer("+14155550101", None))
BOB = TALK.peers[0]
ENDS = (Rank.DELIVERED, Rank.UNDELIVERED, Rank.FAILED, Rank.CANCELED, Rank.EXPIRED)


def told(*news: Rank) -> list[DeliveryState]:
    """What is told of a message: the core takes each key once."""
    events = {}
    for rank in news:
        for event in reported("g", TALK, BOB, Report("1", "", "", rank)):
            events.setdefault(event.key, event.content.state)
    return list(events.values())


def test_however_it_is_told_the_way_to_an_end_changes_nothing() -> None:
    way = (Rank.ACCEPTED, Rank.QUEUED, Rank.SENT, Rank.DELIVERED, Rank.DELIVERED)
    for order in permutations(way):
        assert told(*order) == [DeliveryState.DELIVERED]


def test_of_two_ends_the_first_counts_and_only_reading_comes_after_one() -> None:
    for first, second in permutations(ENDS, 2):
        assert told(first, second) == [end_of(first)]
        assert told(first, Rank.READ) == [end_of(first), DeliveryState.READ]


@pytest.mark.parametrize(
    ("word", "rank"),
    [
        ("delivered", Rank.DELIVERED),
        ("DELIVRD", Rank.DELIVERED),
        ("UNDELIV", Rank.UNDELIVERED),
        ("rejected", Rank.FAILED),
        ("EXPIRED", Rank.EXPIRED),
        ("buffered", Rank.QUEUED),
        ("read", Rank.READ),
        ("what is this", None),
    ],
)
def test_the_words_of_gateways_are_known(word: str, rank: Rank | None) -> None:
    assert rank_of(word) is rank


def test_what_is_on_its_way_is_told_to_nobody() -> None:
    for rank in (Rank.ACCEPTED, Rank.SCHEDULED, Rank.QUEUED, Rank.SENDING, Rank.SENT):
        assert end_of(rank) is None
        assert reported("g", TALK, BOB, Report("1", "", "", rank)) == ()


def test_who_has_read_it_is_said_and_in_a_group_who_has_it() -> None:
    (read,) = reported("g", TALK, BOB, Report("1", "", "", Rank.READ))
    assert (read.key, read.sender) == ("read g:1", BOB)
    carol = peer("+14155550102", None)
    group = between("14155550100", BOB, carol)
    events = [
        reported("g", group, one, Report("1", "", "", rank))[0]
        for one, rank in ((BOB, Rank.DELIVERED), (carol, Rank.FAILED))
    ]
    assert [one.sender for one in events] == [BOB, carol]
    assert len({one.key for one in events}) == 2


def test_a_failure_says_why_in_words() -> None:
    for code, words in REASONS.items():
        assert reason_of(Rank.FAILED, code) == words
        assert words.endswith(".")
    assert "code 77." in reason_of(Rank.FAILED, "vonage 77")
    assert "code" not in reason_of(Rank.FAILED, "plivo 0")
    assert "in time" in reason_of(Rank.EXPIRED)
    (event,) = reported("g", TALK, BOB, Report("1", "", "", Rank.UNDELIVERED, "30006"))
    assert isinstance(event.content, Delivery)
    assert event.content.state is DeliveryState.FAILED
    assert event.content.reason == REASONS["30006"]
