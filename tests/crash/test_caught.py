"""Attacks on single promises: what is left is tried at the points where one of them could break."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridgekit.testing.crash import Attack, Choice, Point, at_commits, either, wherever
from tests.crash.on_irc import OnIRC
from tests.crash.scenarios import OnLoopback
from tests.crash.test_attack import unharmed


def around(*names: str) -> Choice:
    """At every commit, and wherever a point has one of these in its name."""
    return either(at_commits, wherever(lambda point: any(name in point.where for name in names)))


# Reactions: what people say is also found in a network's history, whoever acknowledged it.
STORING = around("store/threads", "host.py")


def test_what_is_acknowledged_is_stored():
    assert unharmed(Attack(OnLoopback("react", "idempotent"), STORING).run()) == ""


def test_a_cursor_is_not_ahead_of_its_events():
    assert unharmed(Attack(OnLoopback("react", "cursors"), STORING).run()) == ""


def test_what_is_done_is_linked():
    assert unharmed(Attack(OnLoopback("change", "idempotent"), at_commits).run()) == ""


@pytest.mark.parametrize("profile", ["plain", "searchable"])
def test_what_may_have_been_sent_is_marked(profile):
    choice = around("to_network/performing")
    assert unharmed(Attack(OnLoopback("cancelled", profile), choice).run()) == ""


def test_no_more_is_in_doubt_than_one_of_a_lane():
    assert unharmed(Attack(OnLoopback("held", "plain"), at_commits).run()) == ""


def test_what_people_changed_is_not_put_back_by_what_a_network_tells_on_a_connect():
    assert unharmed(Attack(OnIRC("irc-rule", "irc"), at_commits).run()) == ""


SECRET = OnLoopback("secrets", "encrypted")


def test_no_place_of_a_key_is_used_twice():
    assert unharmed(Attack(SECRET, wherever(_within("to_matrix/posting"))).run()) == ""


def test_a_key_that_came_is_stored():
    shared = OnLoopback("secrets-shared", "encrypted")
    assert unharmed(Attack(shared, wherever(_within("Mailbox.take"))).run()) == ""


def test_a_key_is_given_to_whom_it_is_said_to_be():
    assert unharmed(Attack(SECRET, wherever(_within("encryption/sharing"))).run()) == ""


def _within(name: str) -> Callable[[Point], bool]:
    return lambda point: name in point.where
