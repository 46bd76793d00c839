"""A device can claim the curve25519 key of another: it takes nobody's conversation by that."""

from __future__ import annotations

from typing import Any

import pytest

from bridgekit.encryption.signed import sign
from bridgekit.ids import TransactionID, UserID
from bridgekit.store.encryption import save_olm
from bridgekit.store.sql import Rows
from bridgekit.testing.encrypted.keys import DeviceKeys, Unreadable
from tests.core.encryption.far_side import ALICE, BOT, DEVICE, ROOM, FarSide

MALLORY = UserID("@mallory:example.org")


@pytest.fixture
def refused(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What alice's device could not read, with mallory's there, which claims its key."""
    found: list[str] = []
    theirs = DeviceKeys(MALLORY, "M1")
    claims = {"curve25519:M1": far.keys.curve25519, "ed25519:M1": theirs.ed25519}
    bare = {name: kept for name, kept in theirs.public().items() if name != "signatures"}
    lie = sign(theirs.account, {**bare, "keys": claims}, MALLORY, "M1")
    ask = far.query

    async def query(users: Any) -> Any:
        answer = await ask(users)
        if MALLORY in users:
            answer["device_keys"][MALLORY] = {"M1": lie}
        return answer

    async def claim(wanted: Any) -> Any:
        keys = {ALICE: (DEVICE, far.keys), MALLORY: ("M1", theirs)}
        return {
            "one_time_keys": {
                user: {device: one.one_time(1)}
                for user, (device, one) in keys.items()
                if user in wanted
            }
        }

    async def send(kind: str, messages: Any, *_: str) -> None:
        if ALICE in messages and kind == "m.room.encrypted":
            try:
                far.keys.hear({"sender": BOT, "content": messages[ALICE][DEVICE]})
            except Unreadable as why:
                found.append(str(why))

    monkeypatch.setattr(far, "query", query)
    monkeypatch.setattr(far, "claim", claim)
    monkeypatch.setattr(far, "send", send)
    return found


async def reads(side: Any, far: FarSide, word: str) -> bool:
    found = await side.sealed(ROOM, "m.room.message", {"body": word}, TransactionID(word))
    return str(found[1]["session_id"]) in far.keys.sessions


@pytest.mark.parametrize("first", [True, False])
async def test_a_device_that_claims_anothers_key_does_not_keep_hers_from_reading(
    begun, far: FarSide, refused: list[str], *, first: bool
) -> None:
    async with begun() as side:
        if first:
            far.readers_now = {MALLORY, BOT}
            assert not await reads(side, far, "one")
            side._envelopes.moved(ROOM, ALICE)
        far.readers_now = {MALLORY, ALICE, BOT}
        assert await reads(side, far, "two")
        assert refused == []


async def test_a_conversation_that_an_earlier_version_has_stored_goes_on(
    begun, far: FarSide
) -> None:
    async with begun() as side:
        assert await reads(side, far, "one")
        talks = side._envelopes._sharing._conversations
        ((name, peer, sealed),) = await side.mailbox._rows.olm({far.keys.curve25519})
        owner, session = talks._opened(name, sealed)
        assert owner == far.keys.ed25519
        bare = talks._sealing.seal(session.pickle(bytes(32)), f"olm session:{name}")
        await side.mailbox._writer.write(Rows(save_olm(name, peer, bare, 1)))
        devices, _ = await side.peers.of([ALICE])
        assert (await talks.known(devices))[devices[0].keys].session_id == name
