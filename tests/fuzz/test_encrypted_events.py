"""Encrypted events and files: read, put by or refused, whatever was encrypted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vodozemac import GroupSession

from bridgekit.encryption.signed import MEGOLM
from bridgekit.media.encrypting import Altered, decrypted
from bridgekit.media.file_key import in_event, key_of
from tests.core.encryption.far_side import ROOM
from tests.core.media.test_encrypted import cut, whole
from tests.fuzz.effort import tries
from tests.fuzz.encrypted_device import BASE64, Device, at_work
from tests.fuzz.outside import ANYTHING, TEXT, bent


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    with at_work() as device:
        yield device


_RELATION = bent({"rel_type": st.sampled_from(["m.replace", "m.thread"]), "event_id": TEXT})
_OUTER = bent(
    {
        "algorithm": st.just(MEGOLM) | TEXT,
        "session_id": BASE64,
        "sender_key": BASE64,
        "device_id": TEXT,
        "ciphertext": BASE64,
        "m.relates_to": _RELATION,
    }
)
_PAYLOAD = bent(
    {
        "type": st.sampled_from(["m.room.message", "m.room.member", "m.reaction"]) | TEXT,
        "content": bent({"body": TEXT, "msgtype": TEXT, "m.relates_to": _RELATION}),
        "room_id": st.just(ROOM) | TEXT,
    }
)


@tries(60)
@given(_OUTER | st.dictionaries(TEXT, ANYTHING, max_size=2), st.integers(1, 10**9))
def test_any_encrypted_event_is_read_put_by_or_refused(
    device: Device, content: Any, number: int
) -> None:
    async def opened() -> None:
        await device.open(content, f"$outer{number}")
        await device.side.opened({"type": "m.room.encrypted", "content": content})
        await device.well()

    device.run(opened())


@tries(60)
@given(_PAYLOAD | ANYTHING, _RELATION | ANYTHING, st.integers(1, 10**9))
def test_whatever_was_encrypted_is_an_event_or_refused(
    device: Device, payload: Any, relation: Any, number: int
) -> None:
    async def opened() -> None:
        session = GroupSession()
        key = device.says("m.room_key", device.far.keys.room_key(ROOM, session), {})
        await device.side.mailbox.take({"to_device": {"events": [key]}})
        content = device.far.keys.encrypt(ROOM, session, "m.room.message", {})
        content["ciphertext"] = session.encrypt(json.dumps(payload).encode()).to_base64()
        found = await device.open({**content, "m.relates_to": relation}, f"$inner{number}")
        assert found is not None
        assert isinstance(found["content"], dict)
        await device.well()

    device.run(opened())


@tries(30)
@given(
    st.sampled_from(["m.room.encryption", "m.room.member", "m.room.redaction", "m.room.message"]),
    st.dictionaries(st.sampled_from(["algorithm", "membership", "redacts"]) | TEXT, ANYTHING),
    st.dictionaries(st.sampled_from(["state_key", "redacts"]), TEXT),
)
def test_whatever_is_said_of_a_room_is_heeded(
    device: Device, kind: str, content: Any, more: Any
) -> None:
    async def opened() -> None:
        await device.open(content, "$state", type=kind, **{**more, "room_id": "!other:example.org"})
        await device.well()

    device.run(opened())


# Files.

_FILE = bent(
    {
        "url": TEXT,
        "v": st.just("v2"),
        "key": bent({"alg": st.just("A256CTR"), "k": BASE64 | st.just("A" * 43)}),
        "iv": BASE64 | st.just("A" * 22),
        "hashes": bent({"sha256": BASE64 | st.just("A" * 43)}),
    }
)


@tries(100)
@given(_FILE | st.dictionaries(TEXT, ANYTHING, max_size=2), st.binary(max_size=40))
def test_any_file_of_an_event_has_a_key_or_none(file: Any, data: bytes) -> None:
    key = key_of(file)
    if key is None:
        return
    assert key_of(in_event("mxc://a/b", key)) == key
    with suppress(Altered):
        asyncio.run(whole(decrypted(cut(data), key)))
