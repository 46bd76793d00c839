"""What everybody can read of an encrypted event: what the bridge knows its own by."""

from __future__ import annotations

from bridgekit.ids import TransactionID
from tests.core.encryption.far_side import ROOM, FarSide

MARKS = {"dev.bridgekit.marker": "m", "dev.bridgekit.notice": "n", "dev.bridgekit.puppet": "p"}


async def test_rule_13_in_an_encrypted_room_the_marker_is_outside_the_ciphertext(
    begun, far: FarSide
) -> None:
    """Where its key is lost, too, our own event is known, and not bridged back."""
    relation = {"m.relates_to": {"rel_type": "m.thread", "event_id": "$root"}}
    async with begun() as side:
        content = {"msgtype": "m.text", "body": "hidden", **MARKS, **relation}
        _, said = await side.sealed(ROOM, "m.room.message", content, TransactionID("a"))
    outside = {name: said[name] for name in (*MARKS, "m.relates_to")}
    assert outside == MARKS | relation
    assert "hidden" not in str(said)
    inside = far.alice_reads(said)[0]["content"]
    assert inside == {"msgtype": "m.text", "body": "hidden", **relation}
