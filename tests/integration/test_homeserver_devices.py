"""Devices, their keys and what is sent to them, as encryption needs it: on Synapse and the fake."""

from __future__ import annotations

import base64
import json
from typing import Any

JSON = dict[str, Any]
NO_ROOMS = json.dumps({"room": {"rooms": []}})
ALGORITHM = "signed_curve25519"


class Device:
    """One of a ghost's, as an application service that acts as it."""

    def __init__(self, stage: Any, user: str, name: str) -> None:
        self.stage, self.user, self.name = stage, user, name
        self.since = ""

    async def ask(self, method: str, path: str, body: JSON | None = None, **query: str) -> Any:
        whole = {"device_id": self.name, **query}
        return await self.stage.bridge.ask(method, f"/v3/{path}", body, user=self.user, query=whole)

    def keys(self, **changes: str) -> JSON:
        named = {f"{kind}:{self.name}": "x" for kind in ("curve25519", "ed25519")}
        signed = {self.user: {f"ed25519:{self.name}": "y"}}
        whole = {"user_id": self.user, "device_id": self.name, "algorithms": ["m.olm"]}
        return {**whole, "keys": named, "signatures": signed, **changes}

    async def upload(self, **content: JSON) -> JSON:
        answer: JSON = await self.ask("POST", "keys/upload", content)
        return answer

    async def sync(self, *, seen: bool = True) -> JSON:
        """What came; `seen`: and say so with the next one."""
        since = {"since": self.since} if self.since else {}
        answer: JSON = await self.ask("GET", "sync", filter=NO_ROOMS, timeout="0", **since)
        if seen:
            self.since = answer["next_batch"]
        return answer


def one_time(*names: str) -> JSON:
    return {f"{ALGORITHM}:{name}": {"key": name, "signatures": {}} for name in names}


async def device(stage: Any, name: str = "ONE", user: str = "") -> Device:
    made = Device(stage, user or await stage.ghost(), name)
    path = f"/v3/devices/{name}"
    await stage.bridge.ask("PUT", path, {"display_name": "Of a test"}, user=made.user)
    return made


async def claimed(by: Device, of: Device) -> list[str]:
    wanted = {of.user: {of.name: ALGORITHM}}
    answer = await by.ask("POST", "keys/claim", {"one_time_keys": wanted})
    assert answer["failures"] == {}
    return list(answer["one_time_keys"].get(of.user, {}).get(of.name, {}))


async def test_an_application_service_makes_lists_and_deletes_devices(stage):
    one = await device(stage)
    await device(stage, "TWO", one.user)
    found = (await stage.bridge.ask("GET", "/v3/devices", user=one.user))["devices"]
    assert {(each["device_id"], each["display_name"]) for each in found} == {
        ("ONE", "Of a test"),
        ("TWO", "Of a test"),
    }
    await stage.bridge.ask("DELETE", "/v3/devices/ONE", {}, user=one.user)
    found = (await stage.bridge.ask("GET", "/v3/devices", user=one.user))["devices"]
    assert [each["device_id"] for each in found] == ["TWO"]
    with stage.refused(404, "M_NOT_FOUND"):
        await stage.bridge.ask("GET", "/v3/devices/ONE", user=one.user)
    with stage.refused(400, "M_UNKNOWN_DEVICE"):
        await one.sync()


async def test_keys_are_those_of_the_device_that_uploads_them(stage):
    one = await device(stage)
    with stage.refused(400, "M_UNKNOWN"):
        await stage.bridge.ask("POST", "/v3/keys/upload", {}, user=one.user)
    for wrong in ({"user_id": "@somebody:localhost"}, {"device_id": "TWO"}):
        with stage.refused(400, "M_BAD_JSON"):
            await one.upload(device_keys=one.keys(**wrong))
    await one.upload(device_keys=one.keys())
    nobody = f"@{stage.unique('nobody')}:localhost"
    asked = {one.user: [], nobody: [], "@somebody:elsewhere.example": []}
    answer = await one.ask("POST", "keys/query", {"device_keys": asked})
    found = answer["device_keys"]
    assert found.pop(nobody) == {}
    assert found == {
        one.user: {"ONE": {**one.keys(), "unsigned": {"device_display_name": "Of a test"}}}
    }
    assert list(answer["failures"]) == ["elsewhere.example"]


async def test_a_one_time_key_is_given_once_and_then_the_fallback_key_to_everybody(stage):
    one, other = await device(stage), await device(stage)
    assert (await one.upload(one_time_keys=one_time("a", "b")))["one_time_key_counts"] == {
        ALGORITHM: 2
    }
    await one.upload(one_time_keys=one_time("b", "c"))
    with stage.refused(400, "M_UNKNOWN"):
        await one.upload(one_time_keys={f"{ALGORITHM}:a": {"key": "x", "signatures": {}}})
    synced = await one.sync()
    assert synced["device_one_time_keys_count"][ALGORITHM] == 3
    assert synced["device_unused_fallback_key_types"] == []
    await one.upload(fallback_keys={f"{ALGORITHM}:f": {"key": "f", "signatures": {}}})
    assert (await one.sync())["device_unused_fallback_key_types"] == [ALGORITHM]
    given = [key for _ in range(3) for key in await claimed(other, one)]
    assert sorted(given) == [f"{ALGORITHM}:{name}" for name in "abc"]
    assert (await one.sync())["device_unused_fallback_key_types"] == [ALGORITHM]
    for _ in range(2):
        assert await claimed(other, one) == [f"{ALGORITHM}:f"]
    synced = await one.sync()
    assert synced["device_one_time_keys_count"][ALGORITHM] == 0
    assert synced["device_unused_fallback_key_types"] == []


async def test_what_is_sent_to_a_device_comes_until_it_is_said_to_have_arrived(stage):
    one, other = await device(stage), await device(stage)
    await device(stage, "TWO", one.user)
    await one.sync()
    txn = stage.unique()
    for _ in range(2):  # the second time as if its answer was lost
        messages = {one.user: {"ONE": {"n": 1}, "NONE": {"n": 2}}}
        await other.ask("PUT", f"sendToDevice/org.test/{txn}", {"messages": messages})
    everywhere = {one.user: {"*": {"n": 3}}}
    await other.ask("PUT", f"sendToDevice/org.test/{stage.unique()}", {"messages": everywhere})
    expected = [{"type": "org.test", "sender": other.user, "content": {"n": n}} for n in (1, 3)]
    for _ in range(2):
        assert (await one.sync(seen=False))["to_device"]["events"] == expected
    await one.sync()
    assert "to_device" not in await one.sync()


async def test_a_client_is_told_whose_devices_have_changed_and_not_who_comes_or_goes(stage):
    one, other, stranger = [await device(stage) for _ in range(3)]
    room = await stage.room(preset="public_chat")
    for each in (one, other):
        await each.ask("POST", f"join/{room}", {})
    await one.sync()
    for each in (other, stranger):
        await each.upload(device_keys=each.keys())
    lists = (await one.sync())["device_lists"]
    assert lists["changed"] == [other.user]
    await stranger.ask("POST", f"join/{room}", {})
    await other.ask("POST", f"rooms/{room}/leave", {})
    assert "device_lists" not in await one.sync()
    for each in (other, stranger):
        await each.upload(device_keys={**each.keys(), "algorithms": ["m.megolm"]})
    assert (await one.sync())["device_lists"]["changed"] == [stranger.user]


async def test_keys_that_sign_are_told_with_the_devices(stage):
    one = await device(stage)
    key = base64.b64encode(bytes(range(32))).decode().rstrip("=")
    master = {"user_id": one.user, "usage": ["master"], "keys": {f"ed25519:{key}": key}}
    await one.ask("POST", "keys/device_signing/upload", {"master_key": master})
    answer = await one.ask("POST", "keys/query", {"device_keys": {one.user: []}})
    assert answer["master_keys"] == {one.user: master}


async def test_keys_that_sign_may_be_those_of_several_ghosts_and_change(stage):
    ones = [await device(stage), await device(stage)]
    for number in (0, 0, 1):  # the second time as if its answer was lost
        key = base64.b64encode(bytes([number] * 32)).decode().rstrip("=")
        for one in ones:
            keys = {"user_id": one.user, "usage": ["master"], "keys": {f"ed25519:{key}": key}}
            path = "/v3/keys/device_signing/upload"
            await stage.bridge.ask("POST", path, {"master_key": keys}, user=one.user)
            signed = {one.user: {"ed25519:ONE": "y", f"ed25519:{key}": "z"}}
            await one.upload(device_keys=one.keys() | {"signatures": signed})
            answer = await ones[0].ask("POST", "keys/query", {"device_keys": {one.user: []}})
            assert answer["master_keys"] == {one.user: keys}
            assert answer["device_keys"][one.user]["ONE"]["signatures"] == signed


async def test_a_user_of_an_application_service_sends_to_devices_as_none_of_theirs(stage):
    one, sender = await device(stage), await stage.ghost()
    content = {"messages": {one.user: {"ONE": {"n": 1}}}}
    path = f"/v3/sendToDevice/org.test/{stage.unique()}"
    await stage.bridge.ask("PUT", path, content, user=sender)
    expected = [{"type": "org.test", "sender": sender, "content": {"n": 1}}]
    assert (await one.sync())["to_device"]["events"] == expected


async def test_the_sender_of_an_application_service_has_no_sync(stage):
    with stage.refused(500, "M_UNKNOWN"):
        await stage.bridge.ask("GET", "/v3/sync", query={"filter": NO_ROOMS})


async def test_an_application_service_logs_in_as_one_of_its_users_with_a_device_of_that_name(stage):
    user = await stage.ghost()
    who = {"type": "m.id.user", "user": user}
    content = {"type": "m.login.application_service", "identifier": who, "device_id": "NAMED"}
    for _ in range(2):  # again it is the same device
        answer = await stage.bridge.ask("POST", "/v3/login", content)
        assert (answer["user_id"], answer["device_id"]) == (user, "NAMED")
        assert answer["access_token"]
    found = (await stage.bridge.ask("GET", "/v3/devices", user=user))["devices"]
    assert [each["device_id"] for each in found] == ["NAMED"]
    content["identifier"] = {"type": "m.id.user", "user": "@nobody_of_ours:example.org"}
    with stage.refused(403, "M_FORBIDDEN"):
        await stage.bridge.ask("POST", "/v3/login", content)
