"""A real Mosquitto for the length of a `with` block, as the contract wants a network."""

from __future__ import annotations

import asyncio
import shutil
import socket
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bridgekit import Content, Message, MessageID, from_plain, plain
from bridgekit.testing.contract import FakeNetwork, Heard
from matrix_bridgekit_mqtt.config import MQTTConfig
from matrix_bridgekit_mqtt.mqtt.session import Session, connected

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
HOST = "127.0.0.1"
_CONFIG = """\
listener {port} {host}
allow_anonymous true
max_queued_messages 0
user root
"""


class Mosquitto(FakeNetwork):
    """`_devices` speaks for all of them, and hears what the bridge says."""

    chat = "home/kitchen"

    def __init__(self, port: int, devices: Session) -> None:
        self.port, self._devices = port, devices
        self._heard: list[Heard] = []
        self._lamp: asyncio.Task[None] | None = None

    @property
    def settings(self) -> MQTTConfig:
        return MQTTConfig(host=HOST, port=self.port, switches=frozenset({"lamp"}))

    async def listen(self) -> None:
        while True:
            message = await self._devices.next()
            topic, text = message.topic.decode(), message.payload.decode()
            chat, _, who = topic.rpartition("/")
            if chat == self.chat:
                self._heard.append(Heard(Message(from_plain(text)), who=who))
            elif topic == f"{self.chat}/lamp/set":
                answer = self._devices.publish(f"{self.chat}/lamp", f"is {text}")
                self._lamp = asyncio.create_task(answer)  # is answered by what is read here
            self._devices.acknowledge(message)

    async def say(self, who: str, content: Content) -> MessageID | None:
        assert isinstance(content, Message)
        await self._devices.publish(f"{self.chat}/{who}", plain(content.text))
        return None

    def heard(self) -> Sequence[Heard]:
        return self._heard

    async def drop(self) -> None:
        """Whoever comes with the name of another takes their place, and here leaves at once."""
        async with connected(self.settings):
            pass


@asynccontextmanager
async def mosquitto() -> AsyncIterator[Mosquitto]:
    assert PROGRAM is not None
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    with TemporaryDirectory(prefix="mosquitto-") as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(_CONFIG.format(host=HOST, port=port), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(PROGRAM, "-c", str(config), stderr=DEVNULL)
        try:
            async with asyncio.timeout(30):
                await _listens(port)
            async with _devices(port) as network:
                yield network
        finally:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def _devices(port: int) -> AsyncIterator[Mosquitto]:
    """The bridge has been here before, so what devices say is kept for it from now on."""
    async with connected(MQTTConfig(host=HOST, port=port, name="devices")) as devices:
        network = Mosquitto(port, devices)
        listening = asyncio.create_task(network.listen())
        try:
            await devices.subscribe(f"{network.chat}/#")
            async with connected(network.settings) as bridge:
                waiting = asyncio.create_task(bridge.next())
                await bridge.subscribe(f"{network.chat}/+")
                waiting.cancel()
            yield network
        finally:
            listening.cancel()


async def _listens(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.05)  # it has no way to tell that it is ready
        else:
            writer.close()
            return
