"""A bridge that outlives all the cases of a file, in an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from bridgekit.store.sql import Rows
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import Rig

T = TypeVar("T")

_OPEN = text("SELECT count(*) AS jobs FROM job WHERE dead = 0")
_BROKEN = text("SELECT kind, source FROM outcome WHERE reason = 'internal'")


class Bridge:
    """At work between a fake homeserver and loopback; alice is in its room."""

    def __init__(self, runner: asyncio.Runner, rig: Rig, clock: VirtualClock) -> None:
        self._runner, self.rig, self.clock = runner, rig, clock
        self.alice: Person
        self.room = ""
        self.count = 0

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        async def wrapped() -> T:
            async with asyncio.timeout(60):
                return await coroutine

        return self._runner.run(wrapped())

    async def begin(self) -> None:
        await self.rig.__aenter__()
        self.rig.hs.world.add_account("@bridgebot:example.org")
        await self.rig.start()
        self.alice = self.rig.hs.person("alice")
        self.room = await self.alice.join("#loop_#room:example.org")

    async def quiet(self) -> None:
        """Return once every job has ended, whatever it waited for."""
        step = 1.0
        while True:
            await self.rig.hs.pushed()
            await self.parts.matrix.inbox.drained()
            await self.parts.store.writer.write(Rows())
            (row,) = await self.parts.store.reader.all(_OPEN)
            if not row.jobs:
                return
            await self.clock.advance(step)
            step = min(step * 2, 400.0)

    async def well(self) -> None:
        """Nothing was a fault of the bridge's own, and talk goes on."""
        assert self.rig.task is not None
        assert not self.rig.task.done()
        await self.quiet()
        broken = await self.parts.store.reader.all(_BROKEN)
        assert [tuple(row) for row in broken] == []
        self.count += 1
        await self.alice.say(self.room, f"still here {self.count}")
        await self.quiet()
        assert self.rig.network.texts("#room")[-1] == f"still here {self.count}"

    @property
    def parts(self) -> Any:
        return self.rig.bridge.parts


@pytest.fixture
def bridge(tmp_path, database) -> Iterator[Bridge]:
    clock = VirtualClock()
    with asyncio.Runner() as runner:
        rig = Rig(tmp_path, clock, database=database, public=True)
        bridge = Bridge(runner, rig, clock)
        runner.run(bridge.begin())
        yield bridge
        runner.run(rig.__aexit__())
