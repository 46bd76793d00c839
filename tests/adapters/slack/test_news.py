"""What is told of a channel after an absence: what its list says now, beside what it said then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit import ChatInfo, Rank
from bridges.slack.news import facts_of, otherwise

OPEN = ChatInfo(name="room", topic="Tulips", direct=False)
CLOSED = replace(OPEN, may_speak=Rank.OWNER)
PRIVATE = replace(OPEN, by_invitation=True)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (OPEN, OPEN, None),
        (OPEN, replace(OPEN, name="garden"), ChatInfo(name="garden")),
        (OPEN, replace(OPEN, topic=""), ChatInfo(topic="")),
        (OPEN, CLOSED, ChatInfo(may_speak=Rank.OWNER)),
        (CLOSED, OPEN, ChatInfo(may_speak=Rank.MEMBER)),
        (OPEN, PRIVATE, ChatInfo(by_invitation=True)),
        (PRIVATE, OPEN, ChatInfo(by_invitation=False)),
        (CLOSED, CLOSED, None),
        # Linked since: nothing is known yet.
        (None, OPEN, None),
        (None, CLOSED, ChatInfo(may_speak=Rank.OWNER)),
        (None, PRIVATE, ChatInfo(by_invitation=True)),
        (OPEN, replace(OPEN, name="garden", direct=True), None),
    ],
)
def test_only_what_has_changed_is_told(
    before: ChatInfo | None, now: ChatInfo, told: ChatInfo | None
) -> None:
    known = None if before is None else facts_of(before)
    assert otherwise(now, known, facts_of(now)) == told


def test_of_what_was_told_in_between_nothing_is_sure() -> None:
    unsure = [None, None, "?", "?"]
    assert otherwise(OPEN, unsure, facts_of(OPEN)) == ChatInfo(
        may_speak=Rank.MEMBER, by_invitation=False
    )
