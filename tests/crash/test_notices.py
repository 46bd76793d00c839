"""Which notices a crash excuses: only those of what nobody can tell, and what follows from it."""

from __future__ import annotations

from bridgekit.testing.crash.matrix_end import in_doubt

DOUBT = ("one", "⚠ Your message may not have been bridged. It may not have been sent.")
FOLLOWING = ("changed", "⚠ Your edit was not bridged. What it refers to was not bridged.")
FAILED = ("two", "⚠ Your message was not bridged. The network refuses it.")


def test_a_notice_of_what_nobody_can_tell_is_excused_and_what_follows_from_it():
    assert in_doubt([FAILED, FOLLOWING, DOUBT]) == [DOUBT, FOLLOWING]


def test_without_a_doubt_nothing_follows_from_one():
    assert in_doubt([FAILED, FOLLOWING]) == []
