"""A real Mosquitto for the length of a `with` block, as the contract wants a network."""

from __future__ import annotations

import asyncio
import shutil
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bridgekit import Content, Message, MessageID, from_plain, plain
from bridgekit.testing.contract import FakeNetwork, Heard
from bridgekit.testing.servers import Process, ServerMissing, free_port
from bridgekit.testing.servers.process import HOST, listens
from matrix_bridgekit_mqtt.config import MQTTConfig
from matrix_bridgekit_mqtt.session import Session

_CONFIG = """\
listener {port} {host}
allow_anonymous true
max_queued_messages 0
user root
"""
_NAME = "matrix"
_FOR_EVER = 0xFFFFFFFF


class Mosquitto(FakeNetwork):
    """`_devices` speaks for all of them, and hears what the bridge says."""

    chat = "home/kitchen"

    def __init__(self, port: int) -> None:
        self._port = port
        self._heard: list[Heard] = []
        self._devices = Session(MQTTConfig(host=HOST, port=port, name="devices"))

    @property
    def settings(self) -> MQTTConfig:
        return MQTTConfig(host=HOST, port=self._port, name=_NAME)

    async def open(self) -> None:
        """The bridge has been here before, so what devices say is kept for it from now on."""
        bridge = Session(self.settings)
        for session in (bridge, self._devices):
            await session.open()
            await session.subscribe(f"{self.chat}/+")
        await bridge.close()
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        self._listening.cancel()
        await self._devices.close()

    async def _listen(self) -> None:
        while True:
            message = await self._devices.next()
            said = Message(from_plain(message.payload.decode()))
            self._heard.append(Heard(said, who=message.topic.rpartition("/")[2]))
            self._devices.acknowledge(message)

    async def say(self, who: str, content: Content) -> MessageID | None:
        assert isinstance(content, Message)
        await self._devices.publish(f"{self.chat}/{who}", plain(content.text))
        return None

    def heard(self) -> Sequence[Heard]:
        return self._heard

    async def drop(self) -> None:
        """Whoever comes with the name of another takes their place, and here leaves at once."""
        name = _NAME.encode()
        body = b"\0\4MQTT\5\0" + struct.pack("!HBBI", 60, 5, 0x11, _FOR_EVER)
        body += struct.pack("!H", len(name)) + name
        reader, writer = await asyncio.open_connection(HOST, self._port)
        writer.write(bytes([0x10, len(body)]) + body)
        await reader.readexactly(1)  # the beginning of CONNACK: the other is out
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def mosquitto() -> AsyncIterator[Mosquitto]:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        raise ServerMissing("There is no Mosquitto here: install mosquitto (`make servers`).")
    port = free_port()
    with TemporaryDirectory(prefix="mosquitto-") as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(_CONFIG.format(host=HOST, port=port), encoding="utf-8")
        command = (program, "-c", str(config))
        process = Process("mosquitto", command, Path(folder), lambda: listens(port))
        process.start()
        network = Mosquitto(port)
        try:
            await network.open()
            yield network
        finally:
            await network.close()
            process.stop()
