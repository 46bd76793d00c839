"""What somebody may do in a room, as its creation and its power levels say."""

from __future__ import annotations

import pytest

from bridgekit.ids import UserID
from bridgekit.room.standing import may_set

ALICE, BOB = UserID("@alice:x"), UserID("@bob:x")
CREATE = {"sender": ALICE, "content": {"room_version": "11"}}


@pytest.mark.parametrize(
    ("levels", "alice", "bob"),
    [
        (None, True, True),  # spec: without the event, state takes 0, and its creator has 100
        ({}, False, False),  # with it, state takes 50 where it does not say otherwise
        ({"users": {ALICE: 50}}, True, False),
        ({"users": {ALICE: 50}, "state_default": 100}, False, False),
        ({"users": {ALICE: 50}, "events": {"m.bridge": 0}}, True, True),
    ],
)
def test_who_may_set_the_state_of_a_room(levels, alice, bob):
    assert may_set(ALICE, "m.bridge", CREATE, levels) is alice
    assert may_set(BOB, "m.bridge", CREATE, levels) is bob
