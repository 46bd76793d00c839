"""Stories are played on a bridge of their own; one that ends badly is told as short as can be."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import Rig
from tests.stateful.compare import differences
from tests.stateful.stories import Story
from tests.stateful.world import World

REPLAYS = 80  # of a story that ends badly


async def played(told: Story) -> list[str]:
    """What is not as it should be at the end, and after one more start."""
    with tempfile.TemporaryDirectory() as folder:
        clock = VirtualClock()
        async with Rig(Path(folder), clock) as rig:
            world = World(rig, clock, told.flavour)
            await world.furnish()
            for step in told.steps:
                await step.play(world)
                await world.turns(step.turns)
            await world.calm()
            found = await differences(world)
            await world.stop()
            await world.again()
            return found or await differences(world)


def play(told: Story) -> list[str]:
    """As `played`; whatever breaks the story off is what is wrong with it."""
    try:
        return asyncio.run(played(told))
    except Exception as error:  # noqa: BLE001 (a bridge that fails is what stories are for)
        return [f"the story breaks off: {type(error).__name__}: {error}"]


def shortest(told: Story) -> Story:
    """A story that ends as badly, with no step that it does without, as far as that can be told."""
    size, left = len(told.steps) // 2, REPLAYS
    while size and left:
        start = 0
        while start < len(told.steps) and left:
            less = replace(told, steps=told.steps[:start] + told.steps[start + size :])
            left -= 1
            if play(less):
                told = less
            else:
                start += size
        size //= 2
    return told
