"""A story is played on a bridge of its own, in a loop in which nothing happens by chance.

So it goes the same way every time, which is what lets Hypothesis make it shorter.
"""

from __future__ import annotations

import asyncio
import tempfile
from functools import cache
from pathlib import Path

from bridgekit.clock import SystemClock
from bridgekit.store.store import open_store
from bridgekit.testing.crash import CrashLoop, LoopClock
from bridgekit.testing.crash.database import NAME
from bridgekit.testing.memory import memory
from bridgekit.testing.rig import Rig
from tests.stateful.compare import differences
from tests.stateful.stories import Story
from tests.stateful.world import World


def play(told: Story) -> list[str]:
    """What is not as it should be at the end, or after one more start."""
    with (
        tempfile.TemporaryDirectory(dir=memory()) as folder,
        asyncio.Runner(loop_factory=CrashLoop) as runner,
    ):
        (Path(folder) / NAME).write_bytes(_database())
        return runner.run(_played(told, Path(folder)))


async def _played(told: Story, folder: Path) -> list[str]:
    clock = LoopClock()
    async with Rig(folder, clock, homeserver_clock=clock) as rig:
        world = World(rig, told.flavour)
        await world.furnish()
        for step in told.steps:
            await step.play(world)
            await world.turns(step.turns)
        await world.calm()
        if found := await differences(world):
            return found
        await world.stop()
        await world.again()
        return await differences(world)


@cache
def _database() -> bytes:
    """One on which a bridge has started before: to make it takes as long as a short story."""

    async def make(file: Path) -> None:
        async with open_store(f"sqlite:///{file}", SystemClock()):
            pass

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / NAME
        asyncio.run(make(file))
        return file.read_bytes()
