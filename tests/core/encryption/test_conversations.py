"""Anybody can begin conversations with the bridge's device: only so many of them stay."""

from __future__ import annotations

from typing import Any

from vodozemac import GroupSession

from bridgekit.encryption.peers import Peer
from bridgekit.store.encryption import OLM
from tests.core.encryption.far_side import ALICE, ROOM, FarSide


async def kept(side: Any, far: FarSide) -> list[str]:
    rows = await side.mailbox._rows.olm({far.keys.curve25519})
    return [session for session, _, _ in rows]


def ours(far: FarSide) -> str:
    """The conversation that alice's device began last."""
    (device,) = far.made.values()
    return str(far.keys._conversations[device["keys"][f"curve25519:{far.device}"]][0].session_id)


async def test_of_conversations_with_a_device_the_latest_stay(begun, far: FarSide) -> None:
    begins, names = OLM + 5, []
    async with begun() as side:
        for _ in range(begins):
            far.mail.append(far.alice_gives(GroupSession()))
            names.append(ours(far))
            await side.mailbox.take(await far.sync(side.device.row.since))
            await side.device.replenish({"signed_curve25519": 0})
        found = await kept(side, far)
        assert len(found) == OLM
        assert names[-1] in found
        assert len(set(names) & set(found)) == OLM
        # The one that she speaks in goes on.
        session = GroupSession()
        (device,) = far.made.values()
        key = far.keys.room_key(ROOM, session)
        content = far.keys.say(device, "m.room_key", key)
        event = {"type": "m.room.encrypted", "sender": ALICE, "content": content}
        far.mail.append(event)
        await side.mailbox.take(await far.sync(side.device.row.since))
        assert await side.mailbox._rows.reading_key(session.session_id, ALICE) is not None


async def test_what_is_begun_to_mend_is_bounded_too(begun, far: FarSide, monkeypatch) -> None:
    async def sent(*_: Any) -> None: ...

    monkeypatch.setattr(far, "send", sent)
    async with begun() as side:
        peer = Peer(ALICE, "ALICE1", far.keys.curve25519, far.keys.ed25519)
        for _ in range(OLM + 5):
            await side._mending._sharing.mend(peer)
        assert len(await kept(side, far)) == OLM
