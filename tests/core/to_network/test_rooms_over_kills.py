"""What is said while a room gets bridged, over a kill of the bridge."""

from __future__ import annotations

import asyncio

from bridgekit.store.jobs import Jobs
from tests.core.to_network.test_rooms import spoken_in


async def test_rule_02_what_is_said_while_a_room_gets_bridged_is_sent_in_order_after_a_kill(
    stage, monkeypatch
):
    """The next process has the room's own lane to read before it can tell who is behind it."""
    held = await spoken_in(stage)
    await stage.rig.kill()
    held.release()
    marked, later = Jobs.marked, asyncio.Event()

    async def read_later(jobs):
        await later.wait()
        return await marked(jobs)

    monkeypatch.setattr(Jobs, "marked", read_later)
    await stage.alice.say(stage.room, "three")
    await stage.start()
    await stage.hs.pushed()
    await stage.parts.matrix.inbox.drained()
    later.set()
    await stage.heard("one", "two", "three")
