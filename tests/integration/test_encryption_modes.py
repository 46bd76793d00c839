"""Rooms that the bridge encrypts itself, and what it refuses, on a real Synapse."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from nio import RoomMessage

from bridgekit.configuration.encryption_settings import EncryptionSettings
from tests.integration.nio_client import ENCRYPTED, NioPerson
from tests.integration.nio_rig import in_the_room
from tests.integration.synapse_rig import SynapseRig

pytestmark = [pytest.mark.synapse]


def begun(
    folder: Path, mode: str
) -> AbstractAsyncContextManager[tuple[SynapseRig, NioPerson, str]]:
    """A bridge in this mode, and alice in the room of the chat."""
    settings = {"encryption": EncryptionSettings(mode=mode)}  # type: ignore[arg-type]
    return in_the_room(folder, settings)


async def heard(rig: SynapseRig, text: str) -> None:
    await rig.network.wait(lambda: text in rig.network.texts(), within=90)


async def test_a_new_room_is_encrypted_before_anything_is_said_in_it(tmp_path: Path) -> None:
    async with begun(tmp_path, "default") as (rig, alice, room):
        await alice.until(lambda: alice.client.rooms[room].encrypted)
        await rig.network.person("bob").say("#room", "from bob", id="m1")
        event = await alice.read("from bob")
        assert isinstance(event, RoomMessage)
        assert event.decrypted
        await alice.say(room, "from alice")
        await heard(rig, "from alice")
        assert alice.unread == []


async def test_what_is_required_is_refused_in_words_until_the_room_is_encrypted(
    tmp_path: Path,
) -> None:
    async with begun(tmp_path, "allow") as (rig, alice, room):
        rig.settings["encryption"] = EncryptionSettings(mode="require")
        await rig.stop()
        await rig.start()
        bob = rig.network.person("bob")
        await alice.say(room, "in plain")
        await alice.until(lambda: any("takes only what is" in one for one in alice.bodies()))
        await bob.say("#room", "unseen", id="m1")
        await alice.until(lambda: any("nothing crosses" in one for one in alice.bodies()))
        assert rig.bridge.parts is not None
        intents = rig.bridge.parts.intents
        await intents.set_state(room, "m.room.encryption", ENCRYPTED["content"])  # type: ignore[arg-type]
        await alice.until(lambda: alice.client.rooms[room].encrypted)
        await alice.say(room, "secret")
        await heard(rig, "secret")  # so the bridge knows that it is encrypted, too
        await bob.say("#room", "seen", id="m2")
        assert (await alice.read("seen")).decrypted
        assert "unseen" not in alice.bodies()
        assert rig.network.texts() == ["secret"]
