"""Encrypted rooms that are upgraded: all that is said for the new one can be read there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridgekit.events import Content, Edit, Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from tests.core.encryption.scene import Scene, encrypted_room
from tests.core.linking.test_upgrades import upgraded


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with encrypted_room(tmp_path) as found:
        await found.alice_may()
        await found.say("before")
        yield found


async def reads(scene: Scene, room: str, words: str) -> dict[str, Any]:
    said = await scene.alice.wait_for(room, lambda event: event["content"].get("body") == words)
    events = scene.rig.hs.world.rooms[room].events
    (sent,) = [one for one in events if one.id == said["event_id"]]
    assert sent.type == "m.room.encrypted"
    return said


async def test_what_is_said_before_the_move_can_be_read_in_the_new_room(scene: Scene) -> None:
    gate = scene.rig.hs.delay("GET", "/state/m.room.create")
    new = await upgraded(scene.alice, scene.room)
    await gate.reached.wait()
    asked = scene.rig.hs.delay("GET", "/state/m.room.tombstone")
    await scene.rig.network.say("#room", "bob", "in between", id="m7")
    await asked.reached.wait()
    asked.release()
    gate.release()
    await reads(scene, new, "in between")


async def test_what_is_changed_or_answered_after_it_can_be_read_there(scene: Scene) -> None:
    new = await upgraded(scene.alice, scene.room)
    await scene.rig.tied(new)

    async def told(content: Content, key: str) -> None:
        chat, bob = Chat(ChatID("#room")), RemoteUserID("bob")
        await scene.rig.network.deliver(RemoteEvent(chat, bob, content, key=key))

    await told(Edit(MessageID("before"), Message(from_plain("behind")), "2"), "edit")
    await reads(scene, new, "* behind")
    await told(Message(from_plain("so it is"), thread=MessageID("before")), "answer")
    await reads(scene, new, "so it is")
