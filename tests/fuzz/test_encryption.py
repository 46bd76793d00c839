"""What is said to the bridge's device, and of others': taken, refused or counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.encryption.signed import MEGOLM, OLM, sign
from tests.core.encryption.far_side import ALICE, BOT, DEVICE, ROOM
from tests.fuzz.effort import tries
from tests.fuzz.encrypted_device import BASE64, Device, at_work
from tests.fuzz.outside import ANYTHING, NUMBER, TEXT, bent


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    with at_work() as device:
        yield device


_NAMES = st.sampled_from([ALICE, BOT, "@bob:example.org", "", "\0", "\ud800"]) | TEXT
_ROOM_KEY = bent(
    {
        "algorithm": st.just(MEGOLM),
        "room_id": st.just(ROOM) | TEXT,
        "session_id": BASE64,
        "session_key": BASE64,
        "sender_key": BASE64,
    }
)
_INNER = st.tuples(
    st.sampled_from(["m.room_key", "m.forwarded_room_key", "m.dummy", "m.secret.send"]) | TEXT,
    _ROOM_KEY | ANYTHING,
    st.dictionaries(
        st.sampled_from(["sender", "recipient", "recipient_keys", "keys", "type"]),
        ANYTHING,
        max_size=1,
    ),
)
_WITHHELD = bent(
    {
        "session_id": BASE64,
        "code": st.sampled_from(["m.unverified", "m.no_olm", "m.blacklisted"]) | TEXT,
    }
)
_REQUEST = bent(
    {
        "action": st.sampled_from(["request", "request_cancellation"]),
        "requesting_device_id": TEXT,
        "body": bent({"algorithm": st.just(MEGOLM), "room_id": TEXT, "session_id": BASE64}),
    }
)
_OLM = bent(
    {
        "algorithm": st.just(OLM),
        "sender_key": st.just("ALICE") | BASE64,
        "ciphertext": bent(
            {"OURS": bent({"type": st.sampled_from([0, 1]) | NUMBER, "body": BASE64})}
        ),
    }
)
_CONTENTS = {
    "m.room.encrypted": _OLM,
    "m.room_key.withheld": _WITHHELD,
    "m.room_key_request": _REQUEST,
    "m.room_key": _ROOM_KEY,
}
_MAIL = st.sampled_from(sorted(_CONTENTS)).flatmap(
    lambda kind: bent({"type": st.just(kind), "sender": _NAMES, "content": _CONTENTS[kind]})
)
_SYNC = bent(
    {
        "next_batch": st.sampled_from(["1", "\0", "\ud800"]) | TEXT,
        "to_device": bent({"events": st.lists(_MAIL | ANYTHING, max_size=4)}),
        "device_lists": bent(dict.fromkeys(("changed", "left"), st.lists(_NAMES, max_size=3))),
        "device_one_time_keys_count": bent({"signed_curve25519": st.integers(0, 99)}),
    }
)


def _here(device: Device, value: Any) -> Any:
    """As it is sent: with the keys of the two devices."""
    text = json.dumps(value)
    text = text.replace('"OURS"', json.dumps(device.side.device.curve25519))
    return json.loads(text.replace('"ALICE"', json.dumps(device.far.keys.curve25519)))


@tries(60)
@given(_SYNC | st.dictionaries(TEXT, ANYTHING, max_size=2))
@example({"next_batch": "\ud800"})
@example({"next_batch": "a\0b"})
@example(
    {
        "to_device": {
            "events": [
                {
                    "type": "m.room_key.withheld",
                    "sender": "\ud800",
                    "content": {"session_id": "a", "code": "m.unverified"},
                }
            ]
        }
    }
)
def test_any_answer_of_sync_is_taken_and_talk_goes_on(device: Device, answer: Any) -> None:
    async def taken() -> None:
        await device.side.mailbox.take(_here(device, answer))
        await device.well()

    device.run(taken())


@tries(60)
@given(st.lists(_INNER, min_size=1, max_size=3))
def test_whatever_another_device_says_to_ours_is_obeyed_or_counted(
    device: Device, said: list[Any]
) -> None:
    async def taken() -> None:
        events = [device.says(*one) for one in said]
        await device.side.mailbox.take({"to_device": {"events": events}})
        await device.well()

    device.run(taken())


# What a homeserver says of people's devices.

_KEYS = bent(
    {
        "user_id": st.just(ALICE),
        "device_id": st.sampled_from([DEVICE, "OTHER"]),
        "algorithms": st.just([OLM, MEGOLM]) | st.lists(TEXT, max_size=2),
        "keys": st.dictionaries(
            st.sampled_from([f"{kind}:{DEVICE}" for kind in ("curve25519", "ed25519")]), BASE64
        ),
        "signatures": bent({ALICE: bent({f"ed25519:{DEVICE}": BASE64})}),
        "usage": st.just(["master"]) | st.just(["self_signing"]),
    }
)
_OWNED = bent({ALICE: _KEYS})
_QUERY = bent(
    {
        "device_keys": bent({ALICE: st.dictionaries(st.just(DEVICE) | TEXT, _KEYS, max_size=3)}),
        "failures": st.dictionaries(st.just("example.org") | TEXT, ANYTHING, max_size=1),
        "master_keys": _OWNED,
        "self_signing_keys": _OWNED,
    }
)
_ONE_TIME = bent({"key": BASE64, "signatures": bent({ALICE: bent({f"ed25519:{DEVICE}": BASE64})})})
_CLAIM = bent(
    {
        "one_time_keys": bent(
            {ALICE: bent({DEVICE: st.dictionaries(TEXT, _ONE_TIME, max_size=2)})}
        ),
        "failures": st.dictionaries(st.just("example.org") | TEXT, ANYTHING, max_size=1),
    }
)


@tries(60)
@given(
    _QUERY | st.dictionaries(TEXT, ANYTHING, max_size=2),
    st.dictionaries(TEXT, ANYTHING, max_size=2),
)
def test_any_answer_about_devices_names_some_or_none(
    device: Device, answer: Any, more: Any
) -> None:
    """Those that its owner has signed too: whatever stands in them."""

    async def query(users: Any) -> Any:
        del users
        return answer

    async def asked() -> None:
        keys = device.far.keys
        if "device_keys" in answer and isinstance(answer["device_keys"], dict):
            with suppress(UnicodeEncodeError, RecursionError):
                signed = sign(keys.account, {**more, **keys.public()}, ALICE, DEVICE)
                answer["device_keys"] = {**answer["device_keys"], ALICE: {DEVICE: signed}}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(device.far, "query", query)
            device.side.peers.forget()
            found, _ = await device.side.peers.of([ALICE])
        assert {one.user for one in found} <= {ALICE}
        device.side.peers.forget()
        await device.well()

    device.run(asked())


@tries(40)
@given(_CLAIM | st.dictionaries(TEXT, ANYTHING, max_size=2))
def test_any_answer_about_one_time_keys_begins_a_conversation_or_none(
    device: Device, answer: Any
) -> None:
    async def claim(wanted: Any) -> Any:
        del wanted
        return answer

    async def asked() -> None:
        peers, _ = await device.side.peers.of([ALICE])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(device.far, "claim", claim)
            await device.side._mending._sharing._conversations.begin(peers)
        await device.well()

    device.run(asked())
