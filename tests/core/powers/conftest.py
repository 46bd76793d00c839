"""A room whose ranks the network tells of, and what power levels that makes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from bridgekit.events import ChatChange, Membership, RemoteEvent
from bridgekit.facts import ChatInfo, Rank
from bridgekit.ids import RemoteUserID
from bridgekit.supports import SupportsMembers
from bridgekit.testing.clock import settle
from tests.core.members.conftest import JOIN, ROOM, Scene

BOT = "@bridgebot:example.org"
LEVELS = "m.room.power_levels"


@dataclass
class Court(Scene):
    async def ranks(self, **ranks):
        """The network tells who has which rank now."""
        await self.receive(
            *(
                RemoteEvent(ROOM, None, Membership(RemoteUserID(user), JOIN, rank=rank))
                for user, rank in ranks.items()
            )
        )

    async def silence(self, rank: Rank):
        await self.receive(RemoteEvent(ROOM, None, ChatChange(ChatInfo(may_speak=rank))))

    async def done(self):
        parts = self.rig.bridge.parts
        async with asyncio.timeout(60):
            while parts.matrix.powers.busy or await parts.matrix.powers.standings.drift():
                await settle()

    async def content(self):
        return await self.alice.state(self.room, LEVELS)

    async def levels(self):
        """Who has which level, once all is done; of people, all of it, of ghosts by their name."""
        await self.done()
        users = (await self.content())["users"]
        return {
            user.removeprefix("@loop_").partition(":")[0]: level
            for user, level in users.items()
            if user != BOT
        }

    async def changes(self):
        """How often the levels were set since the room was made."""
        events = await self.alice.events(self.room)
        return sum(event["type"] == LEVELS for event in events) - 1

    async def grant(self, user, level):
        """Somebody with the power for it grants a level, or takes it."""
        content = await self.content()
        users = {**content["users"], user: level}
        users = {name: at for name, at in users.items() if at is not None}
        await self.rig.bridge.parts.intents.set_state(self.room, LEVELS, content | {"users": users})


@pytest.fixture
def court(rig):
    rig.network.lacks |= {SupportsMembers}
    return Court(rig, rig.hs.person("alice"))
