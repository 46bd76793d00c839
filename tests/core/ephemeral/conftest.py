"""A room on both sides, with what each side sees of typing and receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bridgekit.events import Receipt, Typing
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.testing.clock import settle
from bridgekit.testing.homeserver import Person
from bridgekit.testing.loopback import LoopbackNetwork
from bridgekit.testing.loopback.exchange import Act
from bridgekit.testing.rig import NETWORK, Rig

JSON = dict[str, Any]


@dataclass
class Scene:
    rig: Rig
    alice: Person
    room: str = ""

    @property
    def network(self) -> LoopbackNetwork:
        return self.rig.network

    async def start(self) -> None:
        await self.rig.start()
        self.room = self.room or await self.alice.join("#loop_#room:example.org")

    async def alice_has_a_login(self) -> str:
        """She said something as herself; the event."""
        return await self.says(self.alice, "hello from alice")

    async def says(self, person: Person, text: str) -> str:
        event = await person.say(self.room, text)
        await self.network.wait(lambda: text in self.network.texts())
        await self.settled()
        return event

    async def bob_says(self, text: str, id: str) -> str:  # noqa: A002 (the network's name of it)
        """The event that shows it."""
        await self.network.person("bob").say("#room", text, id=id)
        shown = await self.alice.wait_for(self.room, lambda e: e["content"].get("body") == text)
        await self.settled()
        return shown["event_id"]

    async def settled(self) -> None:
        """Return once everything that is to be told is told, as far as it can be."""
        parts = self.rig.bridge.parts
        await self.rig.hs.pushed()
        await parts.matrix.inbox.drained()
        for portal in await parts.portals.in_room(self.room):
            for direction in (Direction.TO_MATRIX, Direction.TO_NETWORK):
                await parts.queue.idle((direction, str(portal.id)))
        await self.until(lambda: not parts.matrix.ephemeral.busy)
        await self.rig.hs.pushed()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                await settle()

    def read_over_there(self) -> list[tuple[str, str]]:
        """Who marked what as read on the network, in order."""
        return [
            (self._whose(act), act.event.content.up_to)
            for act in self.network.acts
            if isinstance(act.event.content, Receipt)
        ]

    def typed_over_there(self) -> list[tuple[str, bool]]:
        return [
            (self._whose(act), act.event.content.active)
            for act in self.network.acts
            if isinstance(act.event.content, Typing)
        ]

    def _whose(self, act: Act) -> str:
        """Whose login did it: their name, or the bridge's own."""
        return "relay" if act.login == f"{NETWORK}:bot" else act.event.author.name

    def seen_here(self, kind: str) -> list[JSON]:
        """What the homeserver showed of one kind, in order."""
        pushed = [event for each in self.rig.hs.delivered() for event in each.ephemeral]
        return [event["content"] for event in pushed if event["type"] == kind]

    def ghosts_read(self) -> list[tuple[str, str]]:
        """Which ghost read which event, in order."""
        return [
            (user, event)
            for content in self.seen_here("m.receipt")
            for event, kinds in content.items()
            for user in kinds.get("m.read", {})
            if user.startswith("@loop_")
        ]

    def ghosts_type(self) -> list[list[str]]:
        return [
            [user for user in content["user_ids"] if user.startswith("@loop_")]
            for content in self.seen_here("m.typing")
        ]

    async def push(self, *ephemeral: object, name: str = "ephemeral", txn: str = "x") -> int:
        """A transaction that brings nothing else."""
        return await self.rig.hs.push_transaction(txn, {"events": [], name: list(ephemeral)})

    def receipt(self, event: str, user: str = "", kind: str = "m.read", **data: Any) -> JSON:
        readers = {user or self.alice.user_id: {"ts": 1} | data}
        content = {event: {kind: readers}}
        return {"type": "m.receipt", "room_id": self.room, "content": content}

    def typing(self, *users: str) -> JSON:
        return {"type": "m.typing", "room_id": self.room, "content": {"user_ids": list(users)}}

    def count(self, reason: Reason, direction: Direction = Direction.TO_NETWORK) -> int:
        return self.rig.bridge.parts.status.counts[NETWORK, direction, reason]

    async def stored(self) -> list[Any]:
        parts = self.rig.bridge.parts
        found = []
        for portal in await parts.portals.in_room(self.room):
            found += await parts.matrix.ephemeral.receipts.rows.of(portal.id, 100)
        return found


@pytest.fixture
def scene(rig):
    return Scene(rig, rig.hs.person("alice"))
