"""Which devices get keys: by what their owners say of them, and by what they were before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from vodozemac import Account

from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.encryption.signed import sign
from bridgekit.encryption.trust import Trust, owner_of
from bridgekit.ids import TransactionID
from bridgekit.testing.encrypted.keys import DeviceKeys, Unreadable
from tests.core.encryption.far_side import ALICE, DEVICE, ROOM, FarSide
from tests.core.encryption.rigs import Scene, scene_of

JSON = dict[str, Any]
LEVELS = ("unverified", "cross-signed-untrusted", "cross-signed-tofu")


class Signing:
    """Alice's cross-signing, as the homeserver shows it."""

    def __init__(self) -> None:
        self.master, self.self_signing = Account(), Account()

    @staticmethod
    def _named(usage: str, account: Account) -> JSON:
        key = account.ed25519_key.to_base64()
        return {"user_id": ALICE, "usage": [usage], "keys": {f"ed25519:{key}": key}}

    def shown(self) -> JSON:
        master, signing = self.master, self._named("self_signing", self.self_signing)
        key = master.ed25519_key.to_base64()
        return {
            "master_keys": {ALICE: self._named("master", master)},
            "self_signing_keys": {ALICE: sign(master, signing, ALICE, key)},
        }

    def signed(self, device: JSON) -> JSON:
        bare = {name: kept for name, kept in device.items() if name != "signatures"}
        key = self.self_signing.ed25519_key.to_base64()
        ours = sign(self.self_signing, bare, ALICE, key)["signatures"][ALICE]
        return {**device, "signatures": {ALICE: {**device["signatures"][ALICE], **ours}}}


class Shown:
    """What the homeserver shows of alice: it is what the test sets it to."""

    def __init__(self, far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
        self.device, self.keys = far.keys.public(), dict[str, JSON]()
        ask = far.query

        async def query(users: Any) -> JSON:
            answer = await ask(users)
            if ALICE in users:
                answer["device_keys"][ALICE] = {DEVICE: self.device}
            return {**answer, **self.keys}

        monkeypatch.setattr(far, "query", query)

    def signed_by(self, signing: Signing | None) -> None:
        self.keys = {} if signing is None else signing.shown()
        if signing is not None:
            self.device = signing.signed(self.device)


@pytest.fixture
def shown(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> Shown:
    return Shown(far, monkeypatch)


async def _say(side: Any, far: FarSide, word: str) -> bool:
    """Whether alice's device can read it."""
    found = await side.sealed(ROOM, "m.room.message", {"body": word}, TransactionID(word))
    try:
        return far.alice_reads(found[1])[0]["content"]["body"] == word
    except Unreadable:
        return False


def _codes(far: FarSide) -> list[str]:
    """Why her device did not get keys, as it was told."""
    sent = [one for one in far.got.values() if one["kind"] == "m.room_key.withheld"]
    return [one["messages"][ALICE][DEVICE]["code"] for one in sent]


def _changed(side: Any) -> None:
    """The homeserver says that alice's devices are others now."""
    side.peers.changed([ALICE])
    side._envelopes.devices_changed([ALICE])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("is_so", LEVELS)
async def test_devices_below_the_level_get_no_keys_and_hear_why(
    begun, far, shown, level: str, is_so: str
) -> None:
    far.least = Trust.named(level)
    async with begun() as side:
        if is_so == "cross-signed-untrusted":  # by another master key than the first one
            shown.signed_by(Signing())
            await side.peers.of([ALICE])
            side.peers.changed([ALICE])
        if is_so != "unverified":
            shown.signed_by(Signing())
        enough = LEVELS.index(is_so) >= LEVELS.index(level)
        assert await _say(side, far, "one") is enough
        assert _codes(far) == ([] if enough else ["m.unverified"])
        await _say(side, far, "two")
        assert len(_codes(far)) == (not enough), "it is told once for each key"
        assert far.announced == []


async def test_a_device_that_is_verified_later_reads_from_then_on(begun, far, shown) -> None:
    far.least = Trust.CROSS_SIGNED_TOFU
    async with begun() as side:
        assert not await _say(side, far, "before")
        shown.signed_by(Signing())
        _changed(side)
        assert await _say(side, far, "after")


async def test_one_that_is_verified_no_more_gets_no_further_key(begun, far, shown) -> None:
    far.least = Trust.CROSS_SIGNED_TOFU
    first = shown.device
    async with begun() as side:
        shown.signed_by(Signing())
        assert await _say(side, far, "before")
        shown.device = first
        _changed(side)
        assert not await _say(side, far, "after")
        assert _codes(far) == ["m.unverified"]


async def test_the_master_key_is_remembered_by_another_process(begun, far, shown) -> None:
    far.least = Trust.CROSS_SIGNED_TOFU
    async with begun() as side:
        shown.signed_by(Signing())
        assert await _say(side, far, "one")
    async with begun() as side:
        shown.signed_by(Signing())
        assert not await _say(side, far, "two")


async def test_a_device_with_other_keys_gets_none_and_that_is_said(begun, far, shown) -> None:
    async with begun() as side:
        assert await _say(side, far, "one")
        far.keys = DeviceKeys(ALICE, DEVICE)  # made anew, of the same name
        shown.device = far.keys.public()
        _changed(side)
        refused = side.refused
        for word in ("two", "three"):
            assert not await _say(side, far, word)
        assert _codes(far) == ["m.blacklisted"]
        assert side.refused > refused
        while not side._announcing._queue.empty():
            await side._announcing._say(side._announcing._queue.get_nowait())
        (said,) = far.announced
        assert ALICE in said
        assert "other keys" in said


async def test_a_device_with_other_keys_is_taken_if_its_owner_vouches_for_it(
    begun, far, shown
) -> None:
    signing = Signing()
    async with begun() as side:
        shown.signed_by(signing)
        assert await _say(side, far, "one")
        far.keys = DeviceKeys(ALICE, DEVICE)
        shown.device = signing.signed(far.keys.public())
        _changed(side)
        assert await _say(side, far, "two")
        assert _codes(far) == []
    async with begun() as side:  # and is known by them from then on
        shown.device = far.keys.public()
        assert await _say(side, far, "three")


@pytest.mark.usefixtures("shown")
async def test_who_asks_for_a_key_that_was_denied_hears_why(begun, far) -> None:
    far.least = Trust.CROSS_SIGNED_TOFU
    async with begun() as side:
        sealed = await side.sealed(ROOM, "m.room.message", {"body": "x"}, TransactionID("x"))
        far.got.clear()
        body = {"algorithm": "m.megolm.v1.aes-sha2", "room_id": ROOM}
        body["session_id"] = sealed[1]["session_id"]
        asked = {"action": "request", "requesting_device_id": DEVICE, "body": body}
        side._requests.ask(ALICE, asked)
        await side._requests._answer(side._requests._queue.get_nowait())
        assert _codes(far) == ["m.unverified"]


@pytest.mark.parametrize("lie", ["master", "usage", "user", "signature", "shape", "none"])
def test_keys_that_do_not_hang_together_vouch_for_nobody(lie: str) -> None:
    signing, device = Signing(), DeviceKeys(ALICE, DEVICE).public()
    answer: JSON = signing.shown()
    assert owner_of(ALICE, answer, None).trusts(signing.signed(device)) is Trust.CROSS_SIGNED_TOFU
    own = answer["self_signing_keys"][ALICE]
    if lie == "master":
        answer["master_keys"] = Signing().shown()["master_keys"]
    elif lie == "usage":
        own["usage"] = ["user_signing"]
    elif lie == "user":
        own["user_id"] = "@mallory:example.org"
    elif lie == "signature":
        own["signatures"] = {}
    elif lie == "shape":
        answer["master_keys"][ALICE]["keys"] = {"ed25519:x": ["x"]}
    else:
        answer = {"master_keys": {ALICE: 7}, "self_signing_keys": []}
    assert owner_of(ALICE, answer, None).trusts(signing.signed(device)) is Trust.UNVERIFIED


def test_a_level_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValidationError):
        EncryptionSettings(mode="allow", verification_levels={"send": "verified"})
    with pytest.raises(ValidationError):
        EncryptionSettings(mode="allow", verification_levels={"receive": "unverified"})


@pytest.fixture
async def scene(tmp_path: Path, database: str) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path, database=database) as scene:
        yield scene


async def test_the_level_is_that_of_the_configuration(scene: Scene) -> None:
    await scene.begin(mode="allow", verification_levels={"send": "cross-signed-tofu"})
    await scene.encrypt()
    await scene.bob("hello")
    await scene.alice.wait_for(scene.room, lambda event: event["type"] == "m.room.encrypted")
    await scene.alice.take_mail()
    assert {one["code"] for one in scene.alice.withheld} == {"m.unverified"}
    assert "hello" not in await scene.alice.bodies(scene.room)
