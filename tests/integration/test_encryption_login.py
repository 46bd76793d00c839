"""A Synapse that lets the bridge make no device: it logs in, and encrypted rooms work.

Those of today let it, flag or not: that they do not is said in their place.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bridgekit.cli.doctor.encrypted import device
from bridgekit.configuration import registration
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.configuration.registration import DEVICES
from bridgekit.matrix.api import Refused
from bridgekit.matrix.devices import DeviceCalls
from tests.integration.nio_client import NioPerson
from tests.integration.nio_rig import in_the_room
from tests.integration.synapse_rig import BOT, SynapseRig

pytestmark = [pytest.mark.synapse]


async def test_encrypted_rooms_work_with_a_login_and_one_that_was_ended_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = DeviceCalls._as_bot

    async def as_an_older_one(
        self: DeviceCalls, method: str, path: str, *rest: Any, **query: str
    ) -> Any:
        if (method, path.partition("/")[0]) == ("PUT", "devices"):
            raise Refused("The homeserver says: No device found", "M_NOT_FOUND", 404)
        return await ask(self, method, path, *rest, **query)

    monkeypatch.setattr(DeviceCalls, "_as_bot", as_an_older_one)
    settings = {"encryption": EncryptionSettings(mode="default")}
    async with in_the_room(tmp_path, settings, DEVICES) as (rig, alice, room):
        await alice.until(lambda: alice.client.rooms[room].encrypted)
        first = await works(rig, alice, room, "first")
        await rig.stop()
        await rig.start()
        assert await works(rig, alice, room, "second") == first, "it logs in once"
        assert rig.bridge.parts is not None
        side = rig.bridge.parts.matrix.encryption
        assert side is not None
        await side.device._calls.log_out()
        await alice.until(lambda: _known(alice) == {side.device.row.device} != {first})
        assert await works(rig, alice, room, "third") != first
        found = [finding async for finding in device(rig.config)]
        assert [one.id for one in found] == ["device-by-login", ""]
        assert found[1].text.startswith("The homeserver has the bridge's device")
        await needed_no_more(rig, alice, room)


async def needed_no_more(rig: SynapseRig, alice: NioPerson, room: str) -> None:
    """The registration is printed anew; the device stays, and is that of ghosts, too."""
    name = await works(rig, alice, room, "fourth")
    fields = registration.build(rig.config).fields()
    (rig.folder / "registration.json").write_text(json.dumps(fields), encoding="utf-8")
    await rig.stop()
    await asyncio.to_thread(rig.hs.restart)
    await rig.start()
    assert await works(rig, alice, room, "fifth", logged_in=False) == name
    assert [one.id async for one in device(rig.config)] == [""]


def _known(alice: NioPerson) -> set[str]:
    """The devices of the bot, as she knows them."""
    return {device.id for device in alice.client.device_store.active_user_devices(BOT)}


async def works(
    rig: SynapseRig, alice: NioPerson, room: str, word: str, *, logged_in: bool = True
) -> str:
    """Both ways; which device the bridge has by then."""
    await rig.network.person("bob").say("#room", f"{word} from bob", id=word)
    assert (await alice.read(f"{word} from bob")).decrypted
    await alice.say(room, f"{word} from alice")
    await rig.network.wait(lambda: f"{word} from alice" in rig.network.texts(), within=90)
    assert rig.bridge.parts is not None
    side = rig.bridge.parts.matrix.encryption
    assert side is not None
    assert bool(side.device._calls.token) is logged_in
    return side.device.row.device
