"""What a homeserver or a client says that cannot be: refused, counted, and never quoted."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from bridgekit.encryption.peers import MOST
from bridgekit.testing.encrypted.keys import DeviceKeys
from tests.core.encryption.far_side import ALICE, DEVICE, FarSide

SECRET = "hunter2"  # stands for what somebody wrote


async def test_of_thousands_of_devices_only_so_many_get_keys(begun, far: FarSide) -> None:
    many = {f"D{number}": {"not": "a device"} for number in range(MOST + 500)}
    first = {DEVICE: far.keys.public(), **many}

    async def query(users: Any) -> Any:
        return {"device_keys": dict.fromkeys(users, first)}

    async with begun() as side:
        far.query = query  # type: ignore[method-assign]
        with capture_logs() as logs:
            found, whole = await side.peers.of([ALICE])
        assert [one.device for one in found] == [DEVICE]
        assert whole
        assert side.peers.refused == MOST + 500
        (line,) = [one for one in logs if one["log_level"] == "warning"]
        assert line["devices"] == MOST + 501
        assert "not" not in str(line)
        assert side.refused >= MOST + 500, "stats shows it"


@pytest.mark.parametrize(
    "devices",
    [
        None,
        [],
        "devices",
        {DEVICE: None},
        {DEVICE: {"keys": SECRET}},
        {DEVICE: {"keys": {}, "algorithms": SECRET}},
        {SECRET: DeviceKeys(ALICE, DEVICE).public()},
        {DEVICE: {**DeviceKeys(ALICE, DEVICE).public(), "signatures": {ALICE: {"x": SECRET}}}},
        {DEVICE: {**DeviceKeys(ALICE, DEVICE).public(), "user_id": "@bob:example.org"}},
    ],
)
async def test_devices_that_are_none_get_no_keys(begun, far: FarSide, devices: Any) -> None:
    async def query(users: Any) -> Any:
        return {"device_keys": dict.fromkeys(users, devices), "failures": SECRET}

    async with begun() as side:
        far.query = query  # type: ignore[method-assign]
        with capture_logs() as logs:
            assert (await side.peers.of([ALICE]))[0] == []
        assert SECRET not in str(logs)


@pytest.mark.parametrize("count", [-(10**12), -1, True, "50", 2.5, None, [], {}])
async def test_a_count_of_keys_that_is_none_makes_no_keys(begun, far: FarSide, count: Any) -> None:
    async with begun() as side:
        there = len(far.one_time)
        await side.device.replenish({"signed_curve25519": count}, None)
        await side.device.replenish([count], None)
        assert len(far.one_time) == there
        assert side.device.refused == 2
        await side.device.replenish({"signed_curve25519": 10**12}, None)
        await side.device.replenish(None, None)
        assert (len(far.one_time), side.device.refused) == (there, 2)
        await side.device.replenish({"signed_curve25519": 0}, None)
        assert len(far.one_time) > there


@pytest.mark.parametrize(
    "event",
    [
        None,
        SECRET,
        {"content": SECRET},
        {"type": "m.room.encrypted", "content": {"algorithm": "m.olm.v1.curve25519-aes-sha2"}},
        {"type": "m.room_key_request", "content": {"action": "request", "body": SECRET}},
        {
            "type": "m.room.encrypted",
            "content": {
                "algorithm": "m.olm.v1.curve25519-aes-sha2",
                "sender_key": "A" * 43,
                "ciphertext": [SECRET],
            },
        },
    ],
)
async def test_messages_to_the_device_that_are_none_are_counted(begun, event: Any) -> None:
    async with begun() as side:
        with capture_logs() as logs:
            await side.mailbox.take({"next_batch": "1", "to_device": {"events": [event]}})
        assert side.mailbox.refused == 1
        assert SECRET not in str(logs)
        for wrong in (None, [], {"to_device": SECRET, "device_lists": {"changed": SECRET}}):
            await side.mailbox.take(wrong if isinstance(wrong, dict) else {"to_device": wrong})
        await side.mailbox.take({"device_lists": {"changed": [7, None, SECRET]}})


@pytest.mark.parametrize("code", [[], {}, None, 7, "m.no_such_code"])
async def test_a_withheld_code_that_is_none_stops_nobody(begun, code: Any) -> None:
    content = {"session_id": "x", "code": code}
    event = {"type": "m.room_key.withheld", "sender": "@mallory:example.org", "content": content}
    async with begun() as side:
        await side.mailbox.take({"next_batch": "1", "to_device": {"events": [event]}})


@pytest.mark.parametrize("number", [1.0, True, "1", None, 2])
async def test_an_olm_message_of_no_known_type_is_counted(begun, far, number: Any) -> None:
    async with begun() as side:
        body = {"type": number, "body": "AwoA"}
        content = {
            "algorithm": "m.olm.v1.curve25519-aes-sha2",
            "sender_key": far.keys.curve25519,
            "ciphertext": {side.device.curve25519: body},
        }
        event = {"type": "m.room.encrypted", "sender": ALICE, "content": content}
        await side.mailbox.take({"next_batch": "1", "to_device": {"events": [event]}})
        assert side.mailbox.refused == 1
