"""What is about a message, and a deleted device: matrix-nio in an encrypted room of Synapse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nio import LogoutResponse, ReactionEvent

from bridgekit.configuration.encryption_settings import EncryptionSettings
from tests.core.until import until
from tests.integration.nio_client import NioPerson, nio_person
from tests.integration.nio_rig import in_the_room
from tests.integration.synapse_rig import SynapseRig

pytestmark = [pytest.mark.synapse]


@dataclass
class Scene:
    rig: SynapseRig
    alice: NioPerson
    room: str

    @property
    def loop(self) -> Any:
        return self.rig.network

    @property
    def chat(self) -> Any:
        return self.loop.chat("#room")

    @property
    def bob(self) -> Any:
        return self.loop.person("bob")

    async def told(self, text: str) -> str:
        """The ID of what the chat shows under this text, once it does."""
        await self.loop.wait(lambda: text in self.chat.texts(), within=90)
        return str(self.chat.with_text(text).id)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    settings = {"encryption": EncryptionSettings(mode="default")}
    async with in_the_room(tmp_path, settings) as (rig, alice, room):
        await alice.until(lambda: alice.client.rooms[room].encrypted)
        yield Scene(rig, alice, room)


async def test_what_is_about_a_message_goes_both_ways(scene: Scene) -> None:
    alice, room, bob = scene.alice, scene.room, scene.bob
    said = await alice.say(room, "first words")
    mine = await scene.told("first words")
    new = {"msgtype": "m.text", "body": "second words"}
    relation = {"rel_type": "m.replace", "event_id": said}
    await alice.send(room, {**new, "m.new_content": new, "m.relates_to": relation})
    assert await scene.told("second words") == mine
    await bob.say("#room", "from bob", id="m1")
    theirs = (await alice.read("from bob")).event_id
    answer = {"m.in_reply_to": {"event_id": theirs}}
    await alice.send(room, {"msgtype": "m.text", "body": "an answer", "m.relates_to": answer})
    await scene.told("an answer")
    assert scene.chat.with_text("an answer").content.reply_to == "m1"
    liked = {"rel_type": "m.annotation", "event_id": theirs, "key": "👍"}
    await alice.send(room, {"m.relates_to": liked}, "m.reaction")
    await scene.loop.wait(lambda: scene.chat.with_text("from bob").reactions, within=90)
    await bob.edit("#room", "m1", "changed by bob")
    edit = await alice.read_like("changed by bob")
    assert edit.decrypted
    assert edit.source["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": theirs}
    await bob.reply("#room", mine, "bob answers")
    shown = await alice.read("bob answers")
    assert shown.decrypted
    assert shown.source["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == said
    await bob.react("#room", mine, "🎉")
    await alice.until(lambda: ("🎉", said) in reactions(alice))
    assert alice.unread == []


def reactions(person: NioPerson) -> list[tuple[str, str]]:
    return [(one.key, one.reacts_to) for one in person.seen if isinstance(one, ReactionEvent)]


async def test_a_device_that_is_deleted_is_given_no_key_any_more(
    scene: Scene, tmp_path: Path
) -> None:
    alice, encryption = scene.alice, scene.rig.bridge.parts.matrix.encryption
    account = await asyncio.to_thread(scene.rig.hs.accounts.get, "alice")
    async with nio_person(tmp_path / "nio", scene.rig.hs.url, account) as second:
        device = second.client.device_id

        async def known() -> bool:
            found, _ = await encryption.peers.of([alice.user_id])
            return any(peer.device == device for peer in found)

        async def gone() -> bool:
            return not await known()

        await second.until(lambda: scene.room in second.client.rooms)
        await until(known)
        await scene.bob.say("#room", "to both", id="m1")
        assert (await alice.read("to both")).decrypted
        assert (await second.read("to both")).decrypted
        key = await encryption.mailbox._rows.room_key(scene.room)
        assert isinstance(await second.client.logout(), LogoutResponse)
        await until(gone)
    await scene.bob.say("#room", "to one", id="m2")
    assert (await alice.read("to one")).decrypted
    fresh = await encryption.mailbox._rows.room_key(scene.room)
    assert fresh.session != key.session
    shares = await encryption.mailbox._rows.shares(fresh.session)
    assert {name for user, name in shares if user == alice.user_id} == {alice.client.device_id}
    assert alice.unread == []
