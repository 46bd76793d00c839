"""What a homeserver or a client says that cannot be: refused, counted, and never quoted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs
from vodozemac import GroupSession

from bridgekit.encryption.peers import MOST
from bridgekit.ids import TransactionID
from bridgekit.matrix.api import Refused
from bridgekit.testing.encrypted.keys import DeviceKeys
from tests.core.encryption.far_side import ALICE, DEVICE, ROOM, FarSide
from tests.core.until import until

SECRET = "hunter2"  # stands for what somebody wrote


async def test_of_thousands_of_devices_only_so_many_get_keys(begun, far: FarSide) -> None:
    many = {f"D{number}": {"not": "a device"} for number in range(MOST + 500)}
    first = {DEVICE: far.keys.public(), **many}

    async def query(users: Any) -> Any:
        return {"device_keys": dict.fromkeys(users, first)}

    async with begun() as side:
        far.query = query  # type: ignore[method-assign]
        with capture_logs() as logs:
            found, silent = await side.peers.of([ALICE])
        assert [one.device for one in found] == [DEVICE]
        assert not silent
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


@pytest.mark.parametrize(
    "lie", ["", SECRET, f"@{SECRET}", f"@{SECRET}:", f"{SECRET}:example.org", f"@\ud800{SECRET}:x"]
)
async def test_a_list_of_members_that_lies_silences_no_room(
    begun, far: FarSide, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    ask = far.query

    async def query(users: Any) -> Any:
        if lie in users:  # as homeservers do, for all of them
            raise Refused("Expected UserID string to start with '@'", "M_INVALID_PARAM", 400)
        return await ask(users)

    monkeypatch.setattr(far, "query", query)
    far.readers_now.add(lie)
    async with begun() as side:
        with capture_logs() as logs:
            content = {"msgtype": "m.text", "body": "to alice"}
            said = (await side.sealed(ROOM, "m.room.message", content, TransactionID("a")))[1]
        assert far.alice_reads(said)[0]["content"]["body"] == "to alice"
        assert side.refused == 1
        assert SECRET not in str(logs)


@pytest.mark.parametrize("count", [-(10**12), -1, True, "50", 2.5, None, [], {}])
async def test_a_count_of_keys_that_is_none_makes_no_keys(begun, far: FarSide, count: Any) -> None:
    async with begun() as side:
        there = len(far.one_time)
        await side.device.replenish({"signed_curve25519": count})
        await side.device.replenish([count])
        assert len(far.one_time) == there
        assert side.device.refused == 2
        await side.device.replenish({"signed_curve25519": 10**12})
        await side.device.replenish(None)
        assert (len(far.one_time), side.device.refused) == (there, 2)
        await side.device.replenish({"signed_curve25519": 0})
        assert len(far.one_time) > there


@pytest.mark.parametrize(
    "event",
    [
        None,
        SECRET,
        {"content": SECRET},
        {"type": "m.room.encrypted", "content": {"algorithm": "m.olm.v1.curve25519-aes-sha2"}},
        {"type": "m.room_key_request", "content": {"action": "request", "body": SECRET}},
        {"type": "m.room_key.withheld", "content": {"session_id": "x", "code": [SECRET]}},
        {"type": "m.room_key.withheld", "content": {"session_id": "x", "code": {SECRET: 1}}},
        {"type": "m.room_key.withheld", "content": {"session_id": [SECRET], "code": "m.no_olm"}},
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


@pytest.mark.parametrize("place", [None, 7, "a\0b", "\ud800"])
async def test_without_a_place_to_read_on_from_it_is_not_asked_in_a_circle(
    begun, far: FarSide, place: Any
) -> None:
    async def sync(*_: object, **__: object) -> Any:
        return {"next_batch": place, "to_device": {"events": [SECRET]}}

    async with begun() as side:
        far.sync = sync  # type: ignore[method-assign]
        with capture_logs() as logs:
            reading = asyncio.create_task(side.mailbox.run())
            await until(lambda: any("cannot read its mail" in line["event"] for line in logs))
            reading.cancel()
        assert logs[-1]["why"] == "The homeserver names no place to read on from"
        assert side.mailbox.refused == 1, "it was read once, and then there was a pause"


@pytest.mark.parametrize("number", [0.0, 1.0, True, 2, -1, "1", None, [1], 10**30])
async def test_a_kind_of_message_that_is_none_stops_nothing_behind_it(
    begun, far: FarSide, number: Any
) -> None:
    async with begun() as side:
        session = GroupSession()
        good = far.alice_gives(session)
        ((ours, said),) = good["content"]["ciphertext"].items()
        wrong = {**good["content"], "ciphertext": {ours: {**said, "type": number}}}
        other = GroupSession()
        far.mail += [good, {**good, "content": wrong}, far.alice_gives(other)]
        await side.mailbox.take(await far.sync(""))
        assert side.mailbox.refused == 1
        assert await side.mailbox._rows.reading_key(other.session_id, ALICE) is not None
