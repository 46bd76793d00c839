"""The name of a session is in each event: whoever claims it takes nobody else's words."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest
from vodozemac import GroupSession, InboundGroupSession

from bridgekit.encryption.signed import MEGOLM
from bridgekit.ids import TransactionID
from bridgekit.store.sql import Rows
from bridgekit.testing.encrypted.keys import DeviceKeys
from tests.core.encryption.far_side import ALICE, ROOM, FarSide
from tests.core.encryption.test_dying import event_of

MALLORY = "@mallory:example.org"


def says(far: FarSide, keys: DeviceKeys, kind: str, content: Any) -> Any:
    """What another device says to the bridge's."""
    (device,) = far.made.values()
    keys.begin(device, dict([far.one_time.popitem()]))
    return {
        "type": "m.room.encrypted",
        "sender": keys.user,
        "content": keys.say(device, kind, content),
    }


def exported(session: GroupSession) -> bytes:
    text = InboundGroupSession(session.session_key).export_at(0).to_base64()
    return b64decode(text + "=" * (-len(text) % 4))


def claimed(far: FarSide, session: str, ratchet: bytes) -> Any:
    """Mallory forwards any ratchet under that name: nothing of a forwarded key is signed."""
    keys = DeviceKeys(MALLORY, "M1")
    public = b64decode(session + "=" * (-len(session) % 4))
    content = {
        "algorithm": MEGOLM,
        "room_id": ROOM,
        "session_id": session,
        "session_key": b64encode(ratchet[:-32] + public).decode().rstrip("="),
        "sender_key": keys.curve25519,
        "forwarding_curve25519_key_chain": [],
        "sender_claimed_ed25519_key": keys.ed25519,
    }
    return says(far, keys, "m.forwarded_room_key", content)


async def take(side: Any, far: FarSide, *mail: Any) -> None:
    far.mail += mail
    await side.mailbox.take(await far.sync(side.device.row.since))


@pytest.mark.parametrize("true", [False, True])
async def test_who_claims_a_session_does_not_stop_its_owner(
    begun, far: FarSide, *, true: bool
) -> None:
    """Not with a ratchet of their own, nor with the true one, which all in the room have."""
    async with begun() as side:
        session = GroupSession()
        ratchet = exported(session if true else GroupSession())
        given = far.alice_gives(session)
        await take(side, far, claimed(far, session.session_id, ratchet))
        assert side.mailbox.refused == 0, "whatever it is, it is Mallory's"
        opening = side.opener.begin()
        first = event_of(session, "hello")
        assert await opening.open({**first, "event_id": "$waits"}) is None, "her key is not there"
        copy = {**first, "sender": MALLORY, "event_id": "$copy"}
        await opening.open(copy)
        await take(side, far, given)
        opening = side.opener.begin()
        assert (await opening.open(first))["content"]["body"] == "hello"
        await side.mailbox._writer.write(Rows(*opening.changes()))
        again = await side.opener.begin().open({**first, "event_id": "$replayed"})
        assert again["content"]["dev.bridgekit.unreadable"] == "replayed"


async def test_a_session_that_has_its_key_is_not_claimed_either(begun, far: FarSide) -> None:
    async with begun() as side:
        session = GroupSession()
        await take(side, far, far.alice_gives(session))
        assert (await side.opener.begin().open(event_of(session, "one")))["content"]
        await take(side, far, claimed(far, session.session_id, exported(GroupSession())))
        opening = side.opener.begin()
        second = event_of(session, "two", "$two")
        assert (await opening.open(second))["content"]["body"] == "two"
        lie = await opening.open({**second, "sender": MALLORY, "event_id": "$lie"})
        assert lie["content"]["dev.bridgekit.unreadable"] == "forged", "with her own key"


async def test_nobody_has_a_key_of_ours(begun, far: FarSide) -> None:
    async with begun() as side:
        kind, said = await side.sealed(ROOM, "m.room.message", {"body": "a"}, TransactionID("a"))
        session = said["session_id"]
        await take(side, far, claimed(far, session, exported(GroupSession())))
        assert side.mailbox.refused == 1
        ours = {"type": kind, "event_id": "$a", "room_id": ROOM, "content": said}
        for sender in ("@net_bob:example.org", MALLORY):
            event = {**ours, "sender": sender}
            assert (await side.opener.opened(event))["content"]["body"] == "a"


async def test_only_who_said_something_withholds_its_key(begun, far: FarSide) -> None:
    async with begun() as side:
        opening, session = side.opener.begin(), GroupSession()
        await opening.open(event_of(session, "hello"))
        await side.mailbox._writer.write(Rows(*opening.changes()))
        content = {"session_id": session.session_id, "code": "m.unverified"}
        for sender, why in ((MALLORY, ""), (ALICE, "m.unverified")):
            mail = {"type": "m.room_key.withheld", "sender": sender, "content": content}
            await take(side, far, mail)
            (row,) = await side.waiting._rows.old(1 << 60)
            assert row.why == why


async def test_why_a_key_is_withheld_is_known_of_what_is_said_behind_that(
    begun, far: FarSide
) -> None:
    """Clients say so first; the message comes by another way, and later."""
    async with begun() as side:
        session = GroupSession()
        for sender, code in ((ALICE, "m.unverified"), (MALLORY, "m.blacklisted")):
            content = {"session_id": session.session_id, "code": code}
            mail = {"type": "m.room_key.withheld", "sender": sender, "content": content}
            await take(side, far, mail)
        opening = side.opener.begin()
        assert await opening.open(event_of(session, "hello")) is None
        await side.mailbox._writer.write(Rows(*opening.changes()))
        (row,) = await side.waiting._rows.old(1 << 60)
        assert row.why == "m.unverified"


async def test_a_key_that_comes_makes_no_other_be_looked_up_again(begun, far: FarSide) -> None:
    async with begun() as side:
        session = GroupSession()
        await take(side, far, far.alice_gives(session))
        opening = side.opener.begin()
        await opening.open(event_of(session, "one"))
        await take(side, far, far.alice_gives(GroupSession()))

        async def asked(*_: Any) -> None:
            raise AssertionError("its key was in use")

        side.reading._rows.reading_key = asked
        found = await opening.open(event_of(session, "two", "$two"))
        assert found["content"]["body"] == "two"


async def test_a_better_key_takes_the_place_of_one_in_use(begun, far: FarSide) -> None:
    async with begun() as side:
        session = GroupSession()
        whole = far.alice_gives(session)
        early = event_of(session, "early")
        await take(side, far, far.alice_gives(session))
        opening = side.opener.begin()
        refused = await opening.open(early)
        assert refused["content"]["dev.bridgekit.unreadable"] == "too_early"
        await take(side, far, whole)
        assert (await opening.open(early))["content"]["body"] == "early"
