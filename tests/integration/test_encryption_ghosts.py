"""Somebody with matrix-nio reads ghosts that have devices, and is heard: on a real Synapse."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridgekit.configuration.encryption_settings import EncryptionSettings
from tests.integration.missing import or_skip
from tests.integration.nio_client import nio_person
from tests.integration.synapse_rig import on_synapse
from tests.integration.test_encryption import Scene, encrypted_room

pytestmark = [pytest.mark.synapse]


async def test_whose_client_verifies_nothing_talks_with_ghosts_that_have_devices(
    tmp_path: Path,
) -> None:
    settings = {"encryption": EncryptionSettings(mode="allow", ghost_devices="all")}
    with or_skip(on_synapse(tmp_path, None, settings=settings)) as rig:
        await rig.start()
        try:
            account = await asyncio.to_thread(rig.hs.accounts.get, "alice")
            async with nio_person(tmp_path / "nio", rig.hs.url, account) as alice:
                await talk(Scene(rig, tmp_path, alice, await encrypted_room(rig, alice)))
        finally:
            await rig.stop()


async def talk(scene: Scene) -> None:
    people = [scene.rig.network.person(name) for name in ("bob", "carol")]
    for turn in range(3):
        for number, person in enumerate(people):
            said = f"{turn} of {number}"
            await person.say("#room", said, id=said)
            await scene.alice.read(said)
        # With another key each time, which goes to three devices that have one identity.
        scene.alice.client.invalidate_outbound_session(scene.room)
        await scene.alice.say(scene.room, f"answer {turn}")
        await scene.told(f"answer {turn}")
    assert scene.alice.unread == []
