"""What waits for its key is not passed by what is said behind it with the same key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest
from vodozemac import GroupSession

from bridgekit.encryption.waiting import Waiting
from bridgekit.matrix.inbox import Inbox
from bridgekit.store.sql import Rows
from tests.core.encryption.far_side import FarSide
from tests.core.encryption.rigs import Scene, scene_of
from tests.core.encryption.test_dying import event_of
from tests.core.until import until


class Lines:
    """What is taken in again, in order, and not split yet."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    async def again(self, storing: Awaitable[int | None], txn: str, body: str) -> None:
        del txn
        assert await storing is not None
        self.events += json.loads(body)["events"]


async def split(side: Any, event: Any) -> str | None:
    """As the inbox does; its text, or None where it waits."""
    opening = side.opener.begin()
    found = await opening.open(event)
    await side.mailbox._writer.write(Rows(*opening.changes()))
    opening.stored()
    return None if found is None else str(found["content"]["body"])


@pytest.fixture
def lines() -> Lines:
    return Lines()


async def test_a_key_that_has_just_come_lets_nothing_pass_what_waited(
    begun, far: FarSide, lines: Lines
) -> None:
    async with begun() as side:
        side.waiting._intake = lambda: lines
        session, other = GroupSession(), GroupSession()
        given = far.alice_gives(session)
        said = [event_of(session, word, f"${word}") for word in ("1", "2", "3", "4")]
        assert await split(side, said[0]) is None
        far.mail += [given, far.alice_gives(other)]
        await side.mailbox.take(await far.sync(""))
        assert await split(side, said[1]) is None, "the key is there, and so is what came before"
        assert await split(side, event_of(other, "other", "$other")) == "other"
        await side.waiting._look()
        assert await split(side, said[2]) is None, "they are on their way, and not in their lanes"
        first, second = lines.events
        assert await split(side, first) == "1"
        assert await split(side, second) == "2"
        await side.waiting._look()
        assert await split(side, lines.events[2]) == "3"
        assert await split(side, said[3]) == "4", "nothing waits any more"
        assert await side.waiting._rows.over() == []
        assert await side.opener.held() == set()


async def test_what_is_given_up_holds_up_nothing(begun, far: FarSide, lines: Lines) -> None:
    async with begun() as side:
        side.waiting._intake, side.waiting._longest = (lambda: lines), 0
        session = GroupSession()
        given = far.alice_gives(session)
        await side.mailbox.take(await far.sync(""))  # there is nothing yet
        assert await split(side, event_of(session, "1", "$1")) is None
        await side.waiting._look()
        (gone,) = lines.events
        opening = side.opener.begin()
        assert (await opening.open(gone))["content"]["dev.bridgekit.unreadable"] == "no_key"
        await side.mailbox._writer.write(Rows(*opening.changes()))
        far.mail.append(given)
        await side.mailbox.take(await far.sync(""))
        assert await split(side, event_of(session, "2", "$2")) == "2"


async def test_one_that_comes_twice_waits_once_and_is_let_go(
    begun, far: FarSide, lines: Lines
) -> None:
    async with begun() as side:
        side.waiting._intake = lambda: lines
        session = GroupSession()
        far.mail.append(far.alice_gives(session))
        first = event_of(session, "1", "$1")
        assert await split(side, first) is None
        assert await split(side, first) is None
        await side.mailbox.take(await far.sync(""))
        await side.waiting._look()
        assert await split(side, first) == "1", "under another transaction's name"
        assert await split(side, lines.events[0]) == "1"
        assert len(lines.events) == 1
        assert await side.waiting._rows.over() == []


@pytest.fixture
async def scene(tmp_path: Path, empty_database: str) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path, database=empty_database) as found:
        yield found


async def rows(scene: Scene, where: str) -> int:
    return len(await scene.rows(f"SELECT event FROM unread_event WHERE {where}"))


async def said(scene: Scene) -> None:
    """One whose key comes late, and one behind it."""
    await scene.begin(mode="allow")
    await scene.encrypt()
    content = {"msgtype": "m.text", "body": "1"}
    key = await scene.alice.send_before_its_key(scene.room, "m.room.message", content)
    await until(lambda: rows(scene, "over = 0"))
    await scene.alice.give_key(key)
    await until(lambda: scene.rows("SELECT session FROM reading_key WHERE ours = 0"))
    await scene.alice.say(scene.room, "2")


async def test_the_order_outlives_a_kill_while_they_wait(scene: Scene, monkeypatch) -> None:
    async def never(_: Waiting) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as held:
        held.setattr(Waiting, "run", never)
        await said(scene)

        async def both() -> bool:
            return await rows(scene, "over = 0") == 2

        await until(both)
        await scene.rig.kill()
    await scene.begin(mode="allow")
    await scene.alice.say(scene.room, "3")
    await scene.heard("3")
    assert scene.rig.network.texts() == ["1", "2", "3"]


async def test_the_order_outlives_a_kill_before_they_are_split(scene: Scene, monkeypatch) -> None:
    again = Inbox.again

    async def lost(self: Inbox, storing: Awaitable[int | None], txn: str, body: str) -> None:
        if txn.startswith("late"):
            await storing
        else:
            await again(self, storing, txn, body)

    with monkeypatch.context() as held:
        held.setattr(Inbox, "again", lost)
        await said(scene)

        async def taken() -> bool:
            return await rows(scene, "over = 2") == 2

        await until(taken)
        await scene.alice.say(scene.room, "3")

        async def third() -> bool:
            return await rows(scene, "over != 1") == 3

        await until(third)
        await scene.rig.kill()
    await scene.begin(mode="allow")
    await scene.heard("3")
    assert scene.rig.network.texts() == ["1", "2", "3"]

    async def none() -> bool:
        return not await rows(scene, "1 = 1")

    await until(none)
