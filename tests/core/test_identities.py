"""Whose an identity on a network is: a login's, one's that has just gone, or somebody else's."""

from __future__ import annotations

import pytest

from bridgekit.login.identities import Identities
from bridgekit.testing.clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def known(clock) -> Identities:
    known = Identities(clock)
    known.is_now("login", "alice")
    return known


def test_a_connected_login_has_its_identity_alone(known):
    assert (known.holder("alice"), known.was("alice")) == ("login", None)
    assert (known.holder("bob"), known.holder(None), known.was(None)) == (None, None, None)


def test_one_that_is_renamed_leaves_its_old_identity_at_once(known):
    known.is_now("login", "alice_")
    assert (known.holder("alice"), known.was("alice")) == (None, None)
    assert known.holder("alice_") == "login"


async def test_one_that_ended_lingers_for_a_minute(known, clock):
    known.ended("login", {"#room"})
    known.ended("login", set())  # a try to connect again, in vain
    assert (known.holder("alice"), known.was("alice")) == (None, "login")
    assert known.lingering("#room") == {"alice"}
    assert known.lingering("#other") == set()
    await clock.advance(60)
    assert known.was("alice") is None


def test_one_that_was_seen_to_leave_is_anybodys(known):
    known.left({"alice"})
    assert known.holder("alice") == "login"  # put out of one chat, it is still there
    known.ended("login", {"#room"})
    known.left({"alice", "bob"})
    assert known.was("alice") is None


def test_another_login_that_takes_it_keeps_it_when_the_first_ends(known):
    known.is_now("other", "alice")
    known.ended("login", set())
    assert known.holder("alice") == "other"
