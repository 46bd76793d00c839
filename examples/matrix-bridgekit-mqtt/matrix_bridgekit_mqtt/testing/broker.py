"""A broker in memory: of MQTT 5 what the bridge needs, and one session, which is the bridge's."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from matrix_bridgekit_mqtt.mqtt.packets import Publication, packet, publication, read

_REFUSED = 0x87


@dataclass(slots=True)
class Said:
    """By a device. `number` is its packet's, since it was sent for the first time."""

    topic: bytes
    payload: bytes
    qos: int = 1
    number: bytes = b""
    sent: bool = False

    def packet(self) -> bytes:
        again = 0x08 if self.number and self.sent else 0
        self.sent = True
        body = len(self.topic).to_bytes(2) + self.topic + self.number + b"\0" + self.payload
        return packet(0x30 | self.qos << 1 | again, body)


class Broker:
    """Keeps what is not acknowledged; one message is under way to the bridge at a time.

    `take` is given what the bridge says, `acknowledged` told what it has stored.

    `losing`: the connection breaks with the next message, once it is taken or (False) before.
    `patterns` are what the bridge listens to; `session`: it has been here before.
    """

    def __init__(
        self, take: Callable[[Publication], None], acknowledged: Callable[[str], None]
    ) -> None:
        self.queue: deque[Said] = deque()
        self.patterns: set[str] = set()
        self.refusing = False
        self.refusing_messages = False
        self.losing: bool | None = None
        self.session = True
        self._take, self._acknowledged = take, acknowledged
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = 0
        self._under_way = False

    def tell(self, *said: Said) -> None:
        """Nobody keeps what is said at QoS 0."""
        self.queue += [one for one in said if one.qos]
        self._push()
        for one in said:
            if not one.qos and self._writer is not None:
                self._writer.write(one.packet())

    def tell_again(self, said: Said) -> None:
        """As if it had not been acknowledged: on a new connection, and before all others."""
        self.queue.appendleft(said)
        self.drop()

    def waiting(self) -> int:
        """How many bytes the bridge has not taken yet."""
        return 0 if self._writer is None else self._writer.transport.get_write_buffer_size()

    def drop(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def stall(self) -> None:
        """The connection falls silent: nothing is said on it, and nothing heard."""
        self._writer = None

    def forget(self) -> None:
        """It starts again, and had kept nothing on its disk."""
        self.queue.clear()
        self.patterns.clear()
        self.session = False
        self.drop()

    def _push(self) -> None:
        if self._writer is None or self._under_way or not (self.patterns and self.queue):
            return
        self._under_way = True
        first = self.queue[0]
        if not first.number:
            self._numbers += 1
            first.number = self._numbers.to_bytes(2)
        self._writer.write(first.packet())

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while not writer.is_closing():
                kind, body = await read(reader)
                if kind >> 4 == 1:  # CONNECT
                    self._sign_in(writer)
                elif writer is self._writer:
                    self._handle(writer, kind, body)
        if writer is self._writer:
            self._writer = None
        writer.close()

    def _sign_in(self, writer: asyncio.StreamWriter) -> None:
        self.drop()
        self._under_way = False
        code = _REFUSED if self.refusing else 0
        writer.write(packet(0x20, bytes([self.session and not code, code, 0])))
        if not self.refusing:
            self._writer, self.session = writer, True
            self._push()

    def _handle(self, writer: asyncio.StreamWriter, kind: int, body: bytes) -> None:
        match kind >> 4:
            case 3:
                self._publish(writer, publication(kind, body))
            case 4 if self.queue and self.queue[0].number == body[:2]:  # PUBACK
                topic = self.queue.popleft().topic
                self._under_way = False
                self._acknowledged(topic.decode(errors="replace"))
            case 8:  # SUBSCRIBE
                self.patterns.add(body[5:-1].decode())
                writer.write(packet(0x90, body[:2] + b"\0\x01"))
            case 10:  # UNSUBSCRIBE
                self.patterns.discard(body[5:].decode())
                writer.write(packet(0xB0, body[:2] + b"\0\0"))
            case 12:  # PINGREQ
                writer.write(packet(0xD0))
        self._push()

    def _publish(self, writer: asyncio.StreamWriter, message: Publication) -> None:
        losing, self.losing = self.losing, None
        if self.refusing_messages:
            self.refusing_messages = False
            writer.write(packet(0x40, message.number + bytes([_REFUSED])))
            return
        if losing is not False:  # else it never arrives
            self._take(message)
        if losing is None:
            writer.write(packet(0x40, message.number))
        else:
            self.drop()
