"""What judges the attack on a crowd, fed with a bridge that breaks promises."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from demo.irc_person import Line
from tests.real_attack.crowd import CHANNEL, Crowd
from tests.real_attack.held_irc import compare
from tests.real_attack.report import Report

ROSA = [f"rosa {number}" for number in range(5)]
MISSING = "Some messages may be missing here."


@pytest.fixture
def crowd(tmp_path) -> Crowd:
    made = Crowd(tmp_path, False, *[None] * 5)
    made.by_rosa = list(ROSA)
    made.by_people = {"person1": ["person1 0"]}
    return made


def shows(crowd: Crowd, *bodies: str, sender: str = "@irc_rosa:example.org") -> None:
    for body in bodies:
        event = {"type": "m.room.message", "sender": sender, "content": {"body": body}}
        crowd.saw_on_matrix(SimpleNamespace(**event))


def says(crowd: Crowd, nick: str) -> None:
    crowd.saw_on_irc(Line(nick, "PRIVMSG", CHANNEL, "person1 0"))


def judged(crowd: Crowd, most: int = 2) -> Report:
    report = Report("judged")
    compare(report, crowd)
    crowd.gaps.judge(report, {CHANNEL: crowd.by_rosa}, most)
    return report


def test_what_all_arrived_as_whose_it_is_holds(crowd):
    says(crowd, "person1")
    shows(crowd, *ROSA)
    assert judged(crowd).holds


def test_what_rosa_said_while_the_bridge_was_there_and_is_not_shown_is_lost(crowd):
    says(crowd, "person1")
    shows(crowd, *ROSA[:2], MISSING)
    assert judged(crowd).lost == 3


@pytest.mark.parametrize(("shown", "most"), [((), 2), ((MISSING,), 1)])
def test_a_gap_that_is_not_told_or_too_wide_is_found(crowd, shown, most):
    crowd.gaps.cut({CHANNEL: crowd.by_rosa}, {CHANNEL: 3})
    crowd.by_rosa.append("rosa 5")
    says(crowd, "person1")
    shows(crowd, *ROSA[:3], *shown, "rosa 5")
    report = judged(crowd, most)
    assert (report.lost, len(report.broken)) == (0, 1)
    assert judged(crowd, most=2).holds is bool(shown)


def test_what_is_shown_as_somebody_else_s_is_found(crowd):
    says(crowd, "person2")
    shows(crowd, *ROSA, sender="@irc_person1:example.org")
    assert len(crowd.strangers) == 1 + len(ROSA)
    assert not judged(crowd).holds
