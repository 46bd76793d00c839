"""What is redacted while it waits for its key is not bridged when that comes (delivery rule 9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from vodozemac import GroupSession

from bridgekit.store.sql import Rows
from tests.core.encryption.far_side import ALICE, ROOM, FarSide
from tests.core.encryption.rigs import Scene, scene_of
from tests.core.encryption.test_dying import event_of
from tests.core.encryption.test_late import WAITS, gone, said_too_early
from tests.core.encryption.test_order import Lines, split
from tests.core.until import until


@pytest.fixture
async def scene(tmp_path: Path, empty_database: str) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path, database=empty_database) as found:
        yield found


async def test_what_is_redacted_while_it_waits_is_not_bridged_when_its_key_comes(
    scene: Scene,
) -> None:
    await scene.begin(mode="allow")
    await scene.encrypt()
    said, key = await said_too_early(scene, "regretted")
    notice = await scene.notice(WAITS)
    await scene.alice.redact(scene.room, said)
    await gone(scene, notice["event_id"])
    await scene.alice.give_key(key)
    await scene.alice.say(scene.room, "next")
    await scene.heard("next")
    assert scene.rig.network.texts() == ["next"]

    async def none() -> bool:
        return not await scene.rows("SELECT event FROM unread_event")

    await until(none)


async def redacted(side: Any, event: str, room: str = ROOM) -> None:
    """As the inbox hears of it."""
    content = {"redacts": event}
    whole = {"type": "m.room.redaction", "event_id": "$r", "sender": ALICE, "content": content}
    opening = side.opener.begin()
    await opening.open({**whole, "room_id": room})
    await side.mailbox._writer.write(Rows(*opening.changes()))
    opening.stored()


async def test_nor_is_it_when_it_was_taken_in_again_already(begun, far: FarSide) -> None:
    lines = Lines()
    async with begun() as side:
        side.waiting._intake = lambda: lines
        session = GroupSession()
        given = far.alice_gives(session)
        first, second = (event_of(session, word, f"${word}") for word in ("1", "2"))
        assert await split(side, first) is None
        far.mail.append(given)
        await side.mailbox.take(await far.sync(""))
        await side.waiting._look()
        await redacted(side, "$1")
        assert await split(side, lines.events[0]) is None
        assert await split(side, second) is None, "it goes the way of what it stood behind"
        await side.waiting._look()
        assert [event["event_id"] for event in lines.events] == ["$1", "$2"]
        assert await split(side, lines.events[1]) == "2"
    async with begun() as side:
        assert await split(side, lines.events[0]) is None, "also after a kill"


async def test_nobody_takes_back_what_was_said_in_another_room(begun, far: FarSide) -> None:
    lines = Lines()
    async with begun() as side:
        side.waiting._intake = lambda: lines
        session = GroupSession()
        far.mail.append(far.alice_gives(session))
        assert await split(side, event_of(session, "1", "$1")) is None
        await redacted(side, "$1", "!other:example.org")
        await side.mailbox.take(await far.sync(""))
        await side.waiting._look()
        assert await split(side, lines.events[0]) == "1"
