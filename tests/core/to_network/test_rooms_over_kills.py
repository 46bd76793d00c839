"""What is said while a room gets bridged, over a kill of the bridge."""

from __future__ import annotations

import asyncio

from bridgekit.ids import ChatID, NetworkName, PortalKey
from bridgekit.store.jobs import Jobs
from tests.core.to_network.test_rooms import joined


async def test_rule_02_what_is_said_while_a_room_gets_bridged_is_sent_in_order_after_a_kill(
    stage, monkeypatch
):
    """The next process has the room's own lane to read before it can tell who is behind it."""
    bot = "@bridgebot:example.org"
    stage.room = await stage.alice.create_room(invite=[bot], preset="public_chat")
    stage.rig.links = ()
    await stage.start()
    await stage.alice.wait_for(stage.room, joined(bot))
    held = stage.hs.delay("GET", "/members", times=1)
    await stage.alice.say(stage.room, "one")
    await held.reached.wait()  # its lane asks who is here
    await stage.alice.say(stage.room, "two")
    await stage.stored("SELECT * FROM job", 2)
    portal = await stage.parts.portals.ensure(PortalKey(NetworkName("loop"), ChatID("#late")))
    await stage.parts.portals.bind(portal, stage.room, ours=False)
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
