"""A room whose members the network tells of, and how a test says and sees it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from bridgekit.events import ChatChange, Membership, MemberState, RemoteEvent
from bridgekit.facts import Chat, ChatInfo, Member
from bridgekit.ids import ChatID, RemoteUserID
from bridgekit.supports import SupportsMembers
from bridgekit.testing.clock import settle
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import Rig

JOIN, LEAVE, INVITE = MemberState.JOIN, MemberState.LEAVE, MemberState.INVITE
ROOM = Chat(ChatID("#room"))
OURS = {"@alice:example.org", "@bridgebot:example.org"}
LEAVES, JOINS = "POST /rooms/{room}/leave", "POST /join/{target}"
REGISTER = "POST /register"


@dataclass
class Scene:
    rig: Rig
    alice: Person
    room: str = ""

    async def start(self):
        await self.rig.start()
        self.room = self.room or await self.alice.join("#loop_#room:example.org")

    async def receive(self, *events):
        client = next(iter(self.rig.network.clients.values()))
        await client.host.receive(client.login.id, *events)

    async def says(self, *changes, by=None):
        """The network tells of changes: ("bob", JOIN), …"""
        await self.receive(
            *(
                RemoteEvent(
                    ROOM, by or RemoteUserID(user), Membership(RemoteUserID(user), state, *rest)
                )
                for user, state, *rest in changes
            )
        )

    async def lists(self, *users, up_front=True):
        members = tuple(Member(RemoteUserID(user), name=f"{user} the great") for user in users)
        info = ChatInfo(members=members, up_front=up_front)
        await self.receive(RemoteEvent(ROOM, None, ChatChange(info)))

    async def settled(self):
        parts = self.rig.bridge.parts
        await self.rig.hs.pushed()
        await parts.matrix.inbox.drained()
        async with asyncio.timeout(60):
            while parts.matrix.members.busy:
                await settle()

    async def ghosts(self):
        """Who of the network is in the room, once all is done."""
        await self.settled()
        members = await self.alice.members(self.room) - OURS
        return {user.removeprefix("@loop_").partition(":")[0] for user in members}

    async def state(self, user):
        return await self.alice.state(self.room, "m.room.member", f"@loop_{user}:example.org")


@pytest.fixture
def scene(rig):
    """A network that tells of changes, and is not asked for lists."""
    rig.network.lacks |= {SupportsMembers}
    return Scene(rig, rig.hs.person("alice"))
