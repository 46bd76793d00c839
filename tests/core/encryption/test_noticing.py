"""With encryption off, only a transaction that speaks of it is looked at."""

from __future__ import annotations

import json

import pytest

from bridgekit.encryption.noticing import Noticing, noticed
from bridgekit.matrix.encrypted import GIVEN_UP, SWITCHED_ON


def _body(**event: object) -> str:
    return json.dumps({"events": [{"room_id": "!r:example.org", "content": {}, **event}]})


def test_what_speaks_of_nothing_encrypted_costs_nothing() -> None:
    rooms: list[str] = []
    assert noticed(rooms.append, _body(type="m.room.message", content={"body": "hello"})) is None


@pytest.mark.parametrize(
    "event",
    [
        {"type": "m.room.encryption", "state_key": ""},
        {"type": "m.room.encrypted", "unsigned": {GIVEN_UP: "no_key"}},
    ],
)
def test_what_does_is_looked_at(event: dict[str, object]) -> None:
    rooms: list[str] = []
    assert noticed(rooms.append, _body(**event)) is not None


async def test_nobody_can_claim_of_a_room_that_it_is_encrypted_but_by_its_state() -> None:
    """Synapse hands on what a stranger's homeserver has put beside a membership, of any room."""
    rooms: list[str] = []
    claimed = {"type": "m.room.member", "unsigned": {"invite_room_state": [dict(SWITCHED_ON)]}}
    for event in (claimed, {**SWITCHED_ON, "state_key": "elsewhere"}):
        noticing = Noticing(rooms.append)
        await noticing.open({"room_id": "!r:example.org", "content": {}, **event})
        assert noticing.changes() == []
        noticing.stored()
    assert rooms == []
