"""A bridge whose links a test chooses, and what a homeserver may ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import Rig

ALIAS = "#loop_#room:example.org"
BOT = "@bridgebot:example.org"
CREATE = "POST /createRoom"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def slow_rig(tmp_path, clock, database) -> AsyncIterator[Rig]:
    async with Rig(tmp_path, clock, database=database) as rig:
        yield rig


@asynccontextmanager
async def passing(clock):
    async def run():
        while True:
            await clock.wait_for_timer(within=600)
            await clock.advance(1)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()


async def knows(rig, alias):
    """What the homeserver is told when it asks for an alias."""
    service = next(iter(rig.hs.world.appservices.values()))
    return await rig.hs._outbound.knows_alias(service, alias)


async def knows_user(rig, user):
    service = next(iter(rig.hs.world.appservices.values()))
    status, _ = await rig.hs._outbound._ask(service, "GET", f"users/{user}", None)
    return status == 200


@contextmanager
def unheard(rig):
    """Nobody pushes what happens, as after a restored backup or by a homeserver that ends."""
    world = rig.hs.world
    told, world.on_event = world.on_event, []
    try:
        yield
    finally:
        world.on_event = told


async def both_ways(rig, alice, room, chat="#room"):
    """Whether messages cross both ways between a room and its chat."""
    await alice.say(room, "from matrix")
    await rig.network.wait(lambda: "from matrix" in rig.network.texts(chat))
    await rig.network.say(chat, "bob", "from the network", id="both-ways")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "from the network")
