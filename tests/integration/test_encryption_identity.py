"""The bot vouches for its device at a real Synapse, as others' clients want it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.encryption.signed import is_signed
from tests.integration.missing import or_skip
from tests.integration.nio_client import nio_person
from tests.integration.synapse_rig import SynapseRig, on_synapse

pytestmark = [pytest.mark.synapse]


async def own_key(rig: SynapseRig, folder: Path) -> str:
    """The bot's, if there is an unbroken chain from it to its device for whoever asks."""
    assert rig.bridge.parts is not None
    assert rig.bridge.parts.matrix.encryption is not None
    device = rig.bridge.parts.matrix.encryption.device
    account = await asyncio.to_thread(rig.hs.accounts.get, "alice")
    async with nio_person(folder / "nio", rig.hs.url, account) as alice:
        path = f"{rig.hs.url}/_matrix/client/v3/keys/query"
        token = {"Authorization": f"Bearer {alice.client.access_token}"}
        asked = {"device_keys": {device.user: []}}
        async with alice.client.client_session.post(path, json=asked, headers=token) as response:
            answer = await response.json()
    (master,) = answer["master_keys"][device.user]["keys"].values()
    signing = answer["self_signing_keys"][device.user]
    assert is_signed(signing, device.user, master, master)
    (signer,) = signing["keys"].values()
    ours = answer["device_keys"][device.user][device.row.device]
    assert is_signed(ours, device.user, signer, signer)
    return str(master)


async def test_a_device_is_the_bots_own_also_after_the_database_was_lost(tmp_path: Path) -> None:
    settings = {"encryption": EncryptionSettings(mode="allow")}
    with or_skip(on_synapse(tmp_path, None, settings=settings)) as rig:
        await rig.start()
        try:
            first = await own_key(rig, tmp_path)
            await rig.stop()
            await asyncio.to_thread(_lose, tmp_path)
            await rig.start()
            assert await own_key(rig, tmp_path) == first
        finally:
            await rig.stop()


def _lose(folder: Path) -> None:
    for file in folder.glob("bridge.db*"):
        file.unlink()
