"""What the tests of this direction look at: the room, its messages, and the bridge's counters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bridgekit.models import Direction, lane_to_matrix
from bridgekit.reasons import Reason
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import NETWORK, Rig


@dataclass(frozen=True, slots=True)
class Eye:
    """Alice in a room, watching."""

    rig: Rig
    alice: Person
    room: str

    async def bodies(self) -> list[str]:
        return await self.alice.bodies(self.room)

    async def sees(self, *bodies: str) -> list[dict[str, Any]]:
        """The messages of the room once exactly these bodies are there."""
        async with asyncio.timeout(60):
            await self.alice.wait_for(
                self.room, lambda event: event["content"].get("body") == bodies[-1]
            )
        await self.settled()
        messages = await self.alice.messages(self.room)
        assert [message["content"]["body"] for message in messages] == list(bodies)
        return messages

    async def settled(self) -> None:
        """Return once no lane to Matrix has anything to do."""
        parts = self.rig.bridge.parts
        for portal in await parts.portals.in_room(self.room):
            await parts.queue.idle(lane_to_matrix(portal.id))

    async def reconciled(self) -> None:
        """Return once everybody is where they should be."""
        parts = self.rig.bridge.parts
        await self.rig.hs.pushed()
        await parts.matrix.inbox.drained()
        async with asyncio.timeout(60):
            while parts.matrix.members.busy:
                await settle()

    def count(self, reason: Reason) -> int:
        return self.rig.bridge.parts.status.counts[NETWORK, Direction.TO_MATRIX, reason]


Watch = Callable[..., Any]


@pytest.fixture
def watch() -> Watch:
    """`eye = await watch(rig)`: alice has joined the room of a chat."""

    async def watching(rig: Rig, chat: str = "#room") -> Eye:
        alice = rig.hs.person("alice")
        room = await alice.join(f"#loop_{chat}:example.org")
        return Eye(rig, alice, room)

    return watching


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def slow_rig(tmp_path, clock, database) -> AsyncIterator[Rig]:
    """A rig whose time is the test's."""
    async with Rig(tmp_path, clock, database=database) as rig:
        yield rig
