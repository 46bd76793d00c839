"""Another bridge and a relay bot that answer everything, as misconfigured ones do."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager


@asynccontextmanager
async def at_work(*works):
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def heard(rig, number):
    """What the network heard as that one, once it has."""
    await rig.network.wait(lambda: len(rig.network.heard) > number, within=600)
    return rig.network.heard[number]


async def mirror(rig):
    """Another bridge's relay on the network: it says everything that ours says there again."""
    for number in itertools.count():
        one = await heard(rig, number)
        text = f"<{one.author}> {one.text}"
        await rig.network.say("#room", "otherbridge", text, id=f"mirror{number}")


async def relay(bot, room):
    """A bot on Matrix that repeats whatever anybody says, the bridge's own words included."""
    seen = set()
    while True:
        event = await bot.wait_for(
            room,
            lambda event: (
                event["event_id"] not in seen
                and event["sender"] != bot.user_id
                and "body" in event["content"]
            ),
        )
        seen.add(event["event_id"])
        await bot.say(room, f"<{event['sender']}> {event['content']['body']}")
