"""What people may do in a room, while that changes."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from bridgekit.to_network.rights import Rights

HELD, NONE = {"users": {"@alice:x": 100}}, {"users": {"@alice:x": 0}}


class Homeserver:
    """Answers the first question late, as it was when it was asked."""

    def __init__(self) -> None:
        self.asked, self.answer = asyncio.Event(), asyncio.Event()
        self.levels, self.reads = HELD, 0

    async def state(self, *_: object, **_as: object) -> object:
        levels, self.reads = self.levels, self.reads + 1
        if self.reads == 1:
            self.asked.set()
            await self.answer.wait()
        return levels

    async def state_event(self, *_: object) -> None:
        return None


async def test_levels_that_change_while_they_are_read_are_read_again():
    homeserver = Homeserver()
    rights = Rights(homeserver)
    scene = SimpleNamespace(room="!room:x", sender="@alice:x", reader=None)
    early = asyncio.create_task(rights.may_call_everybody(scene))
    await homeserver.asked.wait()
    homeserver.levels = NONE
    rights.changed(scene.room)
    homeserver.answer.set()
    await early
    assert not await rights.may_call_everybody(scene)
    assert not await rights.may_moderate(scene)
    assert homeserver.reads == 2, "what did not change is kept"
