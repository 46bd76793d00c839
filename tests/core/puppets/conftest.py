"""Alice, who signed in to loopback with her own account and writes from her telephone, too."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from bridgekit.configuration import registration
from bridgekit.configuration.puppet_settings import PuppetSettings
from bridgekit.ids import LoginID, NetworkName
from bridgekit.models import lane_to_matrix, lane_to_network
from bridgekit.testing.clock import settle
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import DOMAIN, NETWORK, Rig
from tests.signed_in import sign_in

ALIAS = "#loop_#room:example.org"
TOKEN = "token-of-the-puppets-0123456789"


@dataclass
class Stage:
    """A rig whose alice has a login of her own, and what people see."""

    rig: Rig
    alice: Person
    room: str = ""
    told: list[str] = field(default_factory=list)

    @property
    def network(self) -> Any:
        return self.rig.network

    @property
    def parts(self) -> Any:
        return self.rig.bridge.parts

    @property
    def puppets(self) -> Any:
        return self.parts.matrix.puppets.puppets

    def allow(self) -> None:
        """The operator lets the bridge speak as everybody of the homeserver."""
        settings = PuppetSettings(as_token=SecretStr(TOKEN))
        self.rig.settings["double_puppets"] = {DOMAIN: settings}
        (found,) = registration.puppets(self.rig.config)
        self.rig.hs.load_registration(found.fields())

    async def begin(self) -> None:
        """A bridge at work, alice in the room and signed in to the network."""
        await self.start()
        self.room = await self.alice.join(ALIAS)
        await self.sign_in("alice")

    async def start(self) -> None:
        await self.rig.start()
        people = self.parts.people.management
        tell = people.tell_with

        async def noted(change: Any, user: str, text: str, key: str) -> None:
            self.told.append(text)
            await tell(change, user, text, key)

        people.tell_with = noted

    async def again(self) -> None:
        await self.rig.kill()
        await self.start()

    async def sign_in(self, nick: str, network: NetworkName = NETWORK) -> LoginID:
        """Somebody signs in to the network with the account that they use themselves."""
        return await sign_in(self.rig, nick, network)

    async def says(self, text: str, nick: str = "alice", **fields: Any) -> None:
        """Somebody writes in the chat from their telephone."""
        await self.network.say("#room", nick, text, **fields)

    async def sees(self, body: str) -> dict[str, Any]:
        """The event with this text, once it is in the room."""
        async with asyncio.timeout(60):
            return await self.alice.wait_for(
                self.room, lambda event: event["content"].get("body") == body
            )

    async def settled(self) -> None:
        """Return once all that the homeserver and the network said is through."""
        parts = self.parts
        await self.rig.hs.pushed()
        await parts.matrix.inbox.drained()
        for portal in await parts.portals.in_room(self.room):
            await parts.queue.idle(lane_to_matrix(portal.id))
            await parts.queue.idle(lane_to_network(portal.id))

    async def senders(self, body: str) -> list[str]:
        """Who said this in the room."""
        await self.settled()
        events = await self.alice.messages(self.room)
        return [one["sender"] for one in events if one["content"].get("body") == body]

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(60):
            while not condition():
                await settle()


@pytest.fixture
async def stage(rig) -> Stage:
    return Stage(rig, rig.hs.person("alice"))


@pytest.fixture
async def allowed(stage) -> Stage:
    """Puppets are automatic."""
    stage.allow()
    await stage.begin()
    return stage
