"""What is wrong with encrypted rooms on a real Synapse, as `doctor` finds it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.doctor.credentials import credentials
from bridgekit.cli.doctor.encrypted import device, rooms
from bridgekit.cli.doctor.registration import registration as compared
from bridgekit.configuration import registration
from bridgekit.configuration.config import Config
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.testing.rig import DOMAIN
from tests.core.until import until
from tests.integration.missing import or_skip
from tests.integration.nio_client import ENCRYPTED, NioPerson, nio_person
from tests.integration.synapse_rig import SynapseRig, on_synapse

pytestmark = [pytest.mark.synapse]

ALIAS = f"#loop_#room:{DOMAIN}"
Check = Callable[[Config], AsyncIterator[Finding]]


async def seen(check: Check, rig: SynapseRig, mode: str = "allow") -> dict[str, str]:
    """The findings by id; what is well has none."""
    rig.settings["encryption"] = EncryptionSettings(mode=mode)  # type: ignore[arg-type]
    return {one.id: one.text async for one in check(rig.config)}


async def test_each_fault_of_encrypted_rooms_on_a_synapse_is_said(tmp_path: Path) -> None:
    settings = {"encryption": EncryptionSettings(mode="allow")}
    with or_skip(on_synapse(tmp_path, None, settings=settings)) as rig:
        await rig.start()
        try:
            await said(rig, tmp_path)
        finally:
            await rig.stop()


async def said(rig: SynapseRig, folder: Path) -> None:
    assert rig.bridge.parts is not None
    side = rig.bridge.parts.matrix.encryption
    assert side is not None
    name = side.device.row.device
    assert await seen(device, rig) == {"": f"The homeserver has the bridge's device, {name}."}

    account = await asyncio.to_thread(rig.hs.accounts.get, "alice")
    async with nio_person(folder / "nio", rig.hs.url, account) as alice:
        await of_rooms(rig, alice, str((await alice.client.join(ALIAS)).room_id))
    await of_devices(rig, name)
    await of_lost_keys(rig)
    await of_another_bot(rig)
    await of_registrations(rig, folder)


async def of_rooms(rig: SynapseRig, alice: NioPerson, room: str) -> None:
    """The one of the chat, of which the bot decides."""
    # Not encrypted: well, unless that is demanded.
    assert (await seen(rooms, rig))[""] == "1 room of the bot: none is encrypted."
    found = await seen(rooms, rig, "require")
    assert found["plain-room-required"] == f"1 room is not encrypted: {room} (#room of loop)."

    # Somebody switches it on: fatal where no such room is read, and well where they are.
    await rig.bridge.parts.intents.set_state(room, "m.room.encryption", ENCRYPTED["content"])
    found = await seen(rooms, rig, "off")
    assert found["encrypted-room-no-e2ee"] == f"1 room is encrypted: {room} (#room of loop)."
    assert (await seen(rooms, rig))[""] == "1 room of the bot: 1 encrypted."

    # A message whose key nobody has been given.
    await alice.until(lambda: alice.client.rooms[room].encrypted)
    content = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "x", "ciphertext": "AwgA"}
    path = f"{rig.hs.url}/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/1"
    token = {"Authorization": f"Bearer {alice.client.access_token}"}
    async with alice.client.client_session.put(path, json=content, headers=token) as answer:
        assert answer.status == 200
    text = await until(partial(unread, rig))
    assert text.startswith("1 encrypted message: the oldest since 20")


async def of_devices(rig: SynapseRig, name: str) -> None:
    """Somebody deletes the bridge's at the homeserver; a start mends it."""
    await rig.bridge.parts.matrix.encryption.device._calls.remove(name)
    assert f"does not know {name}" in (await seen(device, rig))["device-lost"]
    await rig.stop()
    await rig.start()
    assert "device-lost" not in await seen(device, rig)


async def of_lost_keys(rig: SynapseRig) -> None:
    """The configuration has another key, as one that was written anew; a start mends it."""
    await rig.stop()
    rig.appservice["encryption_key"] = "k" * 32
    await rig.start()
    before = rig.bridge.parts.matrix.encryption.device.row.device
    await rig.stop()
    assert "room-keys-lost" not in await seen(credentials, rig)
    rig.appservice["encryption_key"] = "n" * 32
    found = await seen(credentials, rig)
    assert found["room-keys-lost"].startswith("No configured key opens ")
    rig.appservice["old_encryption_keys"] = ("k" * 32,)  # as it says
    assert "room-keys-lost" not in await seen(credentials, rig)
    del rig.appservice["old_encryption_keys"]
    await rig.start()
    assert rig.bridge.parts.matrix.encryption.device.row.device != before
    assert "room-keys-lost" not in await seen(credentials, rig)
    assert "device-lost" not in await seen(device, rig)


async def of_another_bot(rig: SynapseRig) -> None:
    """Whom the homeserver's registration does not claim: their devices are none of its business."""
    rig.appservice["bot"] = "otherbot"
    assert "M_FORBIDDEN" in (await seen(device, rig))["device-unasked"]
    del rig.appservice["bot"]
    assert "device-unasked" not in await seen(device, rig)


async def of_registrations(rig: SynapseRig, folder: Path) -> None:
    """One that was not printed anew."""
    fields, file = registration.build(rig.config).fields(), folder / "registration.json"
    whole = await faults(rig, file, fields)
    del fields["io.element.msc4190"]
    assert await faults(rig, file, fields) - whole == {"msc4190-absent"}


async def unread(rig: SynapseRig) -> str | None:
    return (await seen(device, rig)).get("unread-events")


async def faults(rig: SynapseRig, file: Path, fields: dict[str, Any]) -> set[str]:
    """What a registration with these fields is found to lack."""
    file.write_text(json.dumps(fields))  # noqa: ASYNC240 (a few bytes)
    found = compared(rig.config, file)
    return {one.id async for one in found if one.severity is not Severity.OK}
