"""A store that was lost, or is a copy: the people of each room hear of it, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridgekit.encryption.announcing import NEW_DEVICE
from bridgekit.ids import TransactionID
from tests.core.encryption.far_side import ALICE, BOT, ROOM, FarSide
from tests.core.encryption.rigs import Scene, scene_of


async def _sent(side: Any, far: FarSide, word: str) -> None:
    found = await side.sealed(ROOM, "m.room.message", {"body": word}, TransactionID(word))
    far.history.append({"sender": BOT, "txn": word, "content": dict(found[1])})
    news = side._announcing._queue
    while not news.empty():
        await side._announcing._say(news.get_nowait())


def _files(folder: Path) -> list[Path]:
    return list(folder.glob("bridge.db*"))


async def test_in_a_room_in_which_nobody_spoke_for_us_before_nothing_is_said(begun, far) -> None:
    far.history.append({"sender": ALICE, "content": {"session_id": "hers"}})
    async with begun() as side:
        await _sent(side, far, "one")
    assert far.announced == []


async def test_whoever_is_in_the_room_hears_once_that_the_store_was_lost(
    begun, far, tmp_path: Path
) -> None:
    async with begun() as side:
        await _sent(side, far, "one")
    for file in _files(tmp_path):
        file.unlink()
    for word in ("two", "three"):
        async with begun() as side:
            await _sent(side, far, word)
            assert far.announced == [NEW_DEVICE]


async def test_whoever_is_in_the_room_hears_once_that_the_device_was_renewed(begun, far) -> None:
    async with begun() as side:
        await _sent(side, far, "one")
        side.device.suspect("a test")
        await side.device.settle()
        for word in ("two", "three"):
            await _sent(side, far, word)
            assert far.announced == [NEW_DEVICE]


@pytest.fixture
async def scene(tmp_path: Path, database: str) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path, database=database) as scene:
        yield scene


async def test_it_is_said_in_the_room_and_can_be_read_there(scene: Scene) -> None:
    await scene.begin(mode="allow")
    await scene.encrypt()
    await scene.bob("before")
    await scene.shown("before")
    scene.side.device.suspect("a test")
    await scene.bob("after")
    await scene.shown("after")
    await scene.notice("new device")
    await scene.again(mode="allow")
    await scene.bob("later")
    await scene.shown("later")
    assert await scene.notices("new device") == 1
