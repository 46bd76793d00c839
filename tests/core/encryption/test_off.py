"""Where encryption is off: what is said in encrypted rooms goes nowhere, either way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridgekit.configuration.settings import ChatLink
from bridgekit.errors import Rejected
from bridgekit.ids import RoomID
from bridgekit.matrix.encrypted import NotEncrypted
from bridgekit.matrix.intents import Intents
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.store.jobs import revive
from tests.core.encryption.rigs import Scene, scene_of
from tests.core.until import until


async def test_where_encryption_is_off_each_hears_it_once_and_the_operator_sees_it(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="off")
        with pytest.raises(Rejected, match="set to read no encrypted rooms"):
            await scene.do("encrypt")
        await scene.encrypt()
        for text in ("one", "two"):
            await scene.alice.say(scene.room, text)
        await scene.notice("cannot read encrypted messages: nothing that you say here crosses")
        counts = scene.parts.status.counts
        await until(lambda: counts["loop", Direction.TO_NETWORK, Reason.ENCRYPTED] == 2)
        assert await scene.notices("cannot read encrypted messages") == 1
        stats = await scene.do("stats")
        assert (stats.encryption.mode, stats.encryption.rooms) == ("off", 1)
        assert "the bridge does not read them (encryption.mode: off)" in stats.text
        # What was seen while it was off holds when it is on.
        await scene.again(mode="allow")
        await scene.alice.say(scene.room, "three")
        await scene.heard("three")


async def test_switched_off_again_nothing_of_the_network_is_in_plain_text_where_it_was_encrypted(
    tmp_path: Path,
):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        await scene.encrypt()
        await scene.bob("before")
        await scene.shown("before")
        await scene.again(mode="off")
        await scene.bob("one")
        await kept_from(scene, "one")
        bob = scene.rig.network.person("bob")
        await bob.attach("#room", bob.file("cat.png", b"not for all", "image/png"), id="m1")
        counts = scene.parts.status.counts
        await until(lambda: counts["loop", Direction.TO_MATRIX, Reason.NOT_ENCRYPTED] == 2)
        assert scene.parts.media.repository.uploaded == 0
        assert await scene.notices("nothing that is said here crosses") == 1
        assert len(await scene.rows("SELECT * FROM job WHERE dead = 1")) == 2
        # They are shown once it is on.
        await scene.again(mode="allow")
        for (job,) in await scene.rows("SELECT id FROM job WHERE dead = 1"):
            await scene.parts.store.writer.write(revive(job, 10**13))
        await scene.parts.queue.catch_up()
        shown = await scene.shown("one")
        assert scene.raw(shown["event_id"])["type"] == "m.room.encrypted"


async def kept_from(scene: Scene, words: str) -> None:
    """It is not shown, and the room is told."""
    await scene.notice("messages from the other side are not shown here")
    assert words not in await scene.alice.bodies(scene.room)


async def test_a_room_that_is_encrypted_meanwhile_shows_nothing_more_in_plain_text(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="off")
        await scene.bob("before")
        await scene.shown("before")
        await scene.encrypt()
        await scene.rig.hs.pushed()
        await scene.parts.matrix.inbox.drained()
        await scene.bob("one")
        await kept_from(scene, "one")


@pytest.mark.parametrize("how", ["linked", "a direct chat"])
async def test_nor_does_one_that_was_encrypted_before_the_bridge_knew_of_it(
    tmp_path: Path, how: str
):
    async with scene_of(tmp_path) as scene:
        world = scene.rig.hs.world
        if how == "linked":
            scene.room = await scene.alice.create_room(preset="public_chat", encrypted=True)
            scene.rig.links = (ChatLink(chat="#room", room=scene.room),)
            await scene.begin(mode="off")
            await scene.rig.tied(scene.room)
            await scene.bob("one")
            await kept_from(scene, "one")
            return
        await scene.begin(mode="off")
        ghost = "@loop_bob:example.org"
        scene.room = await scene.alice.create_room(
            invite=[ghost], direct=True, preset="trusted_private_chat", encrypted=True
        )
        await scene.rig.hs.wait_for(lambda: world.rooms[scene.room].membership(ghost) == "join")
        await scene.rig.tied(scene.room)
        with pytest.raises(NotEncrypted):
            await scene.parts.intents.encrypts(scene.room)
        await scene.alice.wait_for(
            scene.room, lambda event: "are not shown here" in str(event["content"].get("body"))
        )


async def test_nobody_is_asked_about_plain_rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    state = Intents.state

    async def seen(self: Intents, room: RoomID, kind: str, *more: Any, **rest: Any) -> Any:
        asked.append(kind)
        return await state(self, room, kind, *more, **rest)

    monkeypatch.setattr(Intents, "state", seen)
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="off")
        await scene.bob("one")
        await scene.shown("one")
        assert "m.room.encryption" not in asked
        assert asked
