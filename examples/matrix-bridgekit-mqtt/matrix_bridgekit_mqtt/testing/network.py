"""The broker in memory as the contract wants a network: with what can go wrong on MQTT."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import copy

from bridgekit import Content, Message, MessageID, from_plain, plain
from bridgekit.testing.contract import FakeNetwork, Heard, OtherChat
from matrix_bridgekit_mqtt.config import MQTTConfig
from matrix_bridgekit_mqtt.mqtt.packets import Publication
from matrix_bridgekit_mqtt.testing.broker import Broker, Said


class BrokerInMemory(FakeNetwork):
    """Devices below `home/kitchen`, a lamp that can be switched among them."""

    chat = "home/kitchen"

    def __init__(self) -> None:
        self.broker = Broker(self._take, self.acknowledged)
        self.port = 0
        self._heard: dict[str, list[Heard]] = {}
        self._early: Said | None = None
        self._swapping = False
        self._last: Said | None = None

    @property
    def settings(self) -> MQTTConfig:
        return MQTTConfig(host="127.0.0.1", port=self.port, switches=frozenset({"lamp"}))

    async def say(self, who: str, content: Content) -> MessageID | None:
        assert isinstance(content, Message)
        said = Said(f"{self.chat}/{who}".encode(), plain(content.text).encode())
        if self._swapping:
            self._swapping, self._early = False, said
            return None
        early, self._early = self._early, None
        self._last = said
        self.broker.tell(said, *([] if early is None else [early]))
        return None

    def heard(self) -> Sequence[Heard]:
        return self._heard.setdefault(self.chat, [])

    def _take(self, message: Publication) -> None:
        topic, text = message.topic.decode(), message.payload.decode()
        chat, _, who = topic.rpartition("/")
        if topic == f"{self.chat}/lamp/set":
            self.broker.tell(Said(f"{self.chat}/lamp".encode(), f"is {text}".encode()))
        else:
            said = Heard(Message(from_plain(text)), who=who)
            self._heard.setdefault(chat, []).append(said)

    async def another_chat(self) -> OtherChat:
        garden = copy(self)
        garden.chat = "home/garden"
        return garden

    async def drop(self) -> None:
        self.broker.drop()

    async def stall(self) -> None:
        self.broker.stall()

    async def refuse(self) -> None:
        self.broker.refusing = True

    async def reject(self) -> None:
        self.broker.refusing_messages = True

    async def lose(self, *, taken: bool) -> None:
        self.broker.losing = taken

    async def repeat(self) -> None:
        assert self._last is not None
        self.broker.tell_again(self._last)

    async def garble(self) -> None:
        self.broker.tell(Said(b"home/kitchen/\xff", b"what is this?"))

    async def swap(self) -> None:
        self._swapping = True


@asynccontextmanager
async def broker_in_memory() -> AsyncIterator[BrokerInMemory]:
    network = BrokerInMemory()
    server = await asyncio.start_server(network.broker.connected, "127.0.0.1", 0)
    network.port = server.sockets[0].getsockname()[1]
    try:
        yield network
    finally:
        network.broker.drop()
        server.close()
