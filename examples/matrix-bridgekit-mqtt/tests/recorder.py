"""A host that stores in memory, and the adapter at work with it on a broker in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bridgekit import Chat, ChatID, Login, LoginID, Message, RemoteEvent, plain
from bridgekit.testing.contract import FakeNetwork
from matrix_bridgekit_mqtt import MQTTAdapter
from matrix_bridgekit_mqtt.adapter import MQTTClient

LOGIN = Login(LoginID("mqtt:matrix"), None, {}, relay=True)


class Recorder:
    """What the adapter hands over, as `Host` keeps it: with the cursor, and over connections."""

    def __init__(self, chats: Sequence[str] = ("home/kitchen",)) -> None:
        self.texts: list[str] = []
        self.aside: list[tuple[bytes, str]] = []
        self.linked = chats
        self._cursor: str | None = None

    async def receive(
        self, _: LoginID, *events: RemoteEvent[Message], cursor: str | None = None
    ) -> None:
        self.texts += [plain(event.content.text) for event in events]
        self._cursor = cursor or self._cursor

    async def set_aside(self, _: LoginID, body: bytes, why: str) -> None:
        self.aside.append((body, why))

    async def cursor(self, _: LoginID) -> str | None:
        return self._cursor

    def chats(self, _: LoginID) -> Sequence[Chat]:
        return [Chat(ChatID(chat)) for chat in self.linked]


@asynccontextmanager
async def at_work(network: FakeNetwork, host: Any) -> AsyncIterator[MQTTClient]:
    """One connection, in its one chat."""
    async with MQTTAdapter(network.settings, host).connect(LOGIN) as client:
        running = asyncio.create_task(client.run())
        await client.enter(ChatID(network.chat))
        yield client
        running.cancel()
        await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # looked at: the connection may have been broken on purpose
