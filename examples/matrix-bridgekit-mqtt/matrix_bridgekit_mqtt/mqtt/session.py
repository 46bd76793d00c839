"""One connection to a broker. It is read from only while somebody waits for what comes next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle

from bridgekit import LoginError, Rejected, RetryLater
from matrix_bridgekit_mqtt.config import MQTTConfig
from matrix_bridgekit_mqtt.mqtt import packets
from matrix_bridgekit_mqtt.mqtt.packets import FAILURE, Publication, packet, publication, read, text

_REFUSALS = {0x85: "bad name", 0x86: "bad password", 0x87: "not authorized", 0x8A: "banned"}
_KEEP_ALIVE, _SIGN_OF_LIFE = 60, 20.0  # seconds: what the broker is told, and what we keep


class Session:
    """`resumed`: the broker has kept what was said since the last connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._loop, self._turn = asyncio.get_running_loop(), asyncio.Lock()
        self._numbers, self._number = cycle(range(2, 1 << 16)), b""  # 1: of what is not waited for
        self._answer: asyncio.Future[int | None] = self._loop.create_future()
        self.resumed = False
        self._timer = self._loop.call_later(_SIGN_OF_LIFE, self._live)

    async def sign_in(self, config: MQTTConfig) -> None:
        password = config.password.get_secret_value()
        self._writer.write(packets.connect(config.name, config.username, password, _KEEP_ALIVE))
        _, (present, code, *_) = await read(self._reader)
        if code:
            refused = LoginError if code in _REFUSALS else RetryLater
            raise refused(f"The MQTT broker does not let us in: {_REFUSALS.get(code, code)}")
        self.resumed = bool(present)

    def _live(self) -> None:
        self._writer.write(packet(0xC0))
        self._timer = self._loop.call_later(_SIGN_OF_LIFE, self._live)

    async def next(self) -> Publication:
        """Raises once the connection is gone, or the broker has shown no life for long."""
        while True:
            async with asyncio.timeout(_KEEP_ALIVE):
                kind, body = await read(self._reader)
            match kind >> 4:
                case 3:
                    return publication(kind, body)
                case 4:
                    self._answered(body[:2], (*body, 0)[2])  # success may be left out
                case 9:
                    self._answered(body[:2], body[-1])
                case 14:
                    raise ConnectionError(f"The MQTT broker ends the connection: {(*body, 0)[0]}")

    def _answered(self, number: bytes, code: int | None) -> None:
        if number == self._number and not self._answer.done():
            self._answer.set_result(code)

    def acknowledge(self, message: Publication) -> None:
        if message.number:
            self._writer.write(packet(0x40, message.number))

    async def publish(self, topic: str, payload: str) -> None:
        await self._ask(0x32, payload.encode(), text(topic))

    async def subscribe(self, pattern: str) -> None:
        """At QoS 1, without what we say; what is retained comes if it is new to the session."""
        await self._ask(0x82, text(pattern) + b"\x15")

    def unsubscribe(self, pattern: str) -> None:
        """Without waiting: if it is lost, whatever comes all the same brings it about again."""
        self._writer.write(packet(0xA2, b"\0\1\0" + text(pattern)))

    async def _ask(self, kind: int, behind: bytes, before: bytes = b"") -> None:
        """One thing at a time, as a broker may demand; what the connection breaks is in doubt."""
        async with self._turn:
            if self._writer.is_closing():
                raise RetryLater("The connection to the MQTT broker is gone")
            self._number = next(self._numbers).to_bytes(2)
            self._answer = self._loop.create_future()
            self._writer.write(packet(kind, before + self._number + b"\0" + behind))
            code = await self._answer
        if code is None:
            raise ConnectionError("The connection to the MQTT broker is gone")
        if code >= FAILURE:
            raise Rejected(f"The MQTT broker does not take this: {_REFUSALS.get(code, code)}")

    def close(self) -> None:
        self._timer.cancel()
        self._writer.transport.abort()
        self._answered(self._number, None)


@asynccontextmanager
async def connected(config: MQTTConfig) -> AsyncIterator[Session]:
    ssl = config.tls or None
    async with asyncio.timeout(_KEEP_ALIVE):
        reader, writer = await asyncio.open_connection(config.host, config.port, ssl=ssl)
    session = Session(reader, writer)
    try:
        async with asyncio.timeout(_KEEP_ALIVE):
            await session.sign_in(config)
        yield session
    finally:
        session.close()
