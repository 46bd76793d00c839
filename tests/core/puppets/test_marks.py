"""By which events we know our own words: signed for one room, person, marker and time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.ids import EventID, PortalID, PortalKey, RoomID, UserID
from bridgekit.matrix.late_answers import MARKER, LateAnswers
from bridgekit.models import Link, Portal
from bridgekit.puppets.marks import PUPPET, Mark, mark_of, signed
from bridgekit.puppets.returning import LATELY, Returning
from bridgekit.signing import Signer

SIGNER = Signer(b"secret", "instance")
ROOM, ALICE = RoomID("!r:x"), UserID("@alice:x")
NOW = 10_000_000


def event(mark, *, room=ROOM, sender=ALICE, at=NOW, event_id="$1", marker="m.1"):
    content = signed(SIGNER, {MARKER: marker, "body": "hi"}, ROOM, ALICE, mark)
    return {
        "event_id": event_id,
        "room_id": room,
        "sender": sender,
        "content": content,
        "origin_server_ts": at,
    }


def dated(at=NOW):
    return Mark("m.1", at, dated=True)


def undated(at=NOW):
    return Mark("m.1", at, dated=False)


class Rows:
    def __init__(self, linked=()):
        self.linked = set(linked)

    async def of_event(self, portal, event_id):
        return [Link(portal, "x", 0, event_id, "a")] if event_id in self.linked else []


class Portals:
    def __init__(self, linked=()):
        self.rows = Rows(linked)

    async def in_room(self, _room):
        return (Portal(PortalID(1), PortalKey("loop", "#room", None)),)


class Backlog:
    async def drained(self):
        return None


def returning(*, now=NOW, linked=(), seen=()):
    late = LateAnswers(None, Backlog)
    for marker, known in seen:
        late.came_back({MARKER: marker}, EventID(known))
    return Returning(SIGNER, late, Portals(linked), lambda: now)


@pytest.mark.parametrize("mark", [dated(), undated()])
def test_a_mark_is_read_back(mark):
    assert mark_of(SIGNER, event(mark)) == mark


@pytest.mark.parametrize(
    "change",
    [
        {"room": RoomID("!other:x")},
        {"sender": UserID("@mallory:x")},
    ],
)
def test_a_mark_that_was_carried_elsewhere_is_none(change):
    assert mark_of(SIGNER, event(dated(), **change)) is None


def test_a_mark_of_another_event_is_none():
    other = event(dated())
    other["content"][MARKER] = "m.2"
    assert mark_of(SIGNER, other) is None


def test_a_mark_of_another_bridge_is_none():
    theirs = Signer(b"other", "instance")
    assert mark_of(theirs, event(dated())) is None


@given(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())))
def test_what_is_no_mark_is_none(word):
    wrong = event(dated())
    wrong["content"][PUPPET] = word
    assert mark_of(SIGNER, wrong) is None


async def test_the_time_of_the_event_decides_where_we_say_it():
    assert await returning().ours(event(dated(), at=NOW))
    assert not await returning().ours(event(dated(), at=NOW + 1))


async def test_rule_13_the_first_event_with_a_mark_is_ours_and_a_copy_is_theirs():
    asked = returning(seen=[("m.1", "$1")])
    assert await asked.ours(event(undated(), event_id="$1"))
    assert not await asked.ours(event(undated(), event_id="$2"))


async def test_it_is_ours_before_we_know_which_event_it_became():
    assert await returning().ours(event(undated(), event_id="$1", at=NOW + 86_400_000))


async def test_long_after_its_link_decides():
    late = NOW + LATELY + 1
    assert await returning(now=late, linked=["$1"]).ours(event(undated(), at=late))
    assert not await returning(now=late).ours(event(undated(), at=late))


async def test_long_after_an_event_without_a_link_is_ours_if_it_was_sent_then():
    late = NOW + LATELY + 1
    assert await returning(now=late).ours(event(undated(), at=NOW + 5))
