"""A bridge on a copy of its database: what was done since the copy was made, it has forgotten.

The bridge of which the copy is made lives before the attack; that which dies begins on the copy.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from bridgekit.testing.crash.database import Files
from tests.crash.corners import missed
from tests.crash.world import CHAT, LoopbackWorld

FORGOTTEN = "told since"
STOPPED = "The bridge stopped three times"  # in the moment of the copy, and twice since


async def copied(world: LoopbackWorld, folder: Path) -> Path:
    """The copy; each side had something on its way when it was made, and has got it since."""
    home, copy, stop = folder / "earlier", folder / "copy", asyncio.Event()
    home.mkdir()
    earlier = asyncio.create_task(world.bridge(home).run(stop))
    await world.both_spoke()
    reached, go = asyncio.Event(), asyncio.Event()

    async def waiting(_: object) -> None:
        reached.set()
        await go.wait()

    world.network.before.append(waiting)
    late = world.hs.delay("PUT", "/send/")
    await world.alice.say(world.room, "under way")
    await world.alice.say(world.room, "behind it")
    await _tell(world, "on its way", "m1")
    await reached.wait()
    await asyncio.sleep(5)  # virtual: all of it is stored
    Files(home).copy(copy)
    go.set()
    late.release()
    await _tell(world, FORGOTTEN, "m2")
    await world.alice.say(world.room, "said since")
    await world.seen(FORGOTTEN)
    await world.heard("said since")
    stop.set()
    await earlier
    return copy


async def _tell(world: LoopbackWorld, text: str, name: str) -> None:
    """With its time, by which what may be forgotten is told from what is new."""
    event = replace(missed(world, text, name), at=world.rig.clock.now())
    world.network.happen(event)
    await world.network.deliver(event)


async def restored(world: LoopbackWorld) -> None:
    """What was forgotten is told once more, as by a network that repeats what it is not sure of."""
    network = world.network
    for telling in network.outbox(network.first).tellings[-2:]:
        network.tell(telling)
    await world.bob.edit(CHAT, "m2", "told since, and edited", stamp="1")
    await world.bob.say(CHAT, "new", id="m3")
    await world.alice.say(world.room, "new, too")
    await world.seen("new")
    await world.heard("new, too")
