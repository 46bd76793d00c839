"""An edit does not pass what it edits, whichever key it comes with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.core.encryption.rigs import Scene, scene_of
from tests.core.encryption.test_late import WAITS, said_too_early
from tests.core.until import until


@pytest.fixture
async def scene(tmp_path: Path, empty_database: str) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path, database=empty_database) as found:
        yield found


async def edit_with_another_key(scene: Scene, said: str) -> None:
    """As after a rotation, or by another device."""
    scene.alice.keys.speak_anew(scene.room)
    new = {"msgtype": "m.text", "body": "new words"}
    relation = {"rel_type": "m.replace", "event_id": said}
    content = {"msgtype": "m.text", "body": "* new words", "m.new_content": new}
    await scene.alice.send(scene.room, "m.room.message", content | {"m.relates_to": relation})


async def none(scene: Scene) -> bool:
    return not await scene.rows("SELECT event FROM unread_event")


@pytest.mark.parametrize("killed", [False, True])
async def test_an_edit_waits_for_the_key_of_what_it_edits(scene: Scene, *, killed: bool) -> None:
    await scene.begin(mode="allow")
    await scene.encrypt()
    said, key = await said_too_early(scene, "old words")
    await scene.notice(WAITS)
    await edit_with_another_key(scene, said)
    await scene.alice.say(scene.room, "next")
    await scene.heard("next")
    if killed:
        await scene.again(mode="allow")
    await scene.alice.give_key(key)
    await scene.rig.network.wait(lambda: any("new words" in one for one in texts(scene)))
    assert not any("old words" in one for one in texts(scene))
    assert await scene.notices("Your edit was not bridged") == 0

    async def gone() -> bool:
        return await none(scene)

    await until(gone)


def texts(scene: Scene) -> list[str]:
    """What the chat shows."""
    return scene.rig.network.chat("#room").texts()


async def test_an_edit_of_what_is_given_up_ends_in_words_with_it(scene: Scene) -> None:
    await scene.begin(mode="allow", wait=5.0)
    await scene.encrypt()
    said, _ = await said_too_early(scene, "old words")
    await scene.notice(WAITS)
    await edit_with_another_key(scene, said)
    await scene.notice("Your edit was not bridged")

    async def gone() -> bool:
        return await none(scene)

    await until(gone)
    assert texts(scene) == []
