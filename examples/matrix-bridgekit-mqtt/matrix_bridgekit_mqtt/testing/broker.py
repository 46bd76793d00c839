"""A broker in memory: of MQTT 5 what the bridge needs, and one session, which is the bridge's."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x80, 0x90
PINGREQ, PINGRESP, DISCONNECT = 0xC0, 0xD0, 0xE0
_NO_PROPERTIES, _REFUSED = b"\0", 0x87


@dataclass(slots=True)
class Publication:
    """`number` is its packet's, since it was sent for the first time."""

    topic: str
    payload: bytes
    number: int = 0


class Broker:
    """Keeps what is not acknowledged; one message is under way to the bridge at a time.

    `losing`: the connection breaks with the next message, once it is taken or (False) before.
    """

    def __init__(self, take: Callable[[str, str], None]) -> None:
        self.queue: deque[Publication] = deque()
        self.refusing = False
        self.losing: bool | None = None
        self._take = take
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = 0
        self._under_way = self._listening = False

    def tell(self, *publications: Publication) -> None:
        self.queue += publications
        self._push()

    def tell_again(self, publication: Publication) -> None:
        """As if it had not been acknowledged: on a new connection, and before all others."""
        self.queue.appendleft(publication)
        self.drop()

    def drop(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _push(self) -> None:
        if self._writer is None or self._under_way or not (self._listening and self.queue):
            return
        self._under_way = True
        first = self.queue[0]
        again = 0x08 if first.number else 0
        if not first.number:
            self._numbers += 1
            first.number = self._numbers
        number = struct.pack("!H", first.number)
        body = _text(first.topic) + number + _NO_PROPERTIES + first.payload
        self._write(PUBLISH | 0x02 | again, body)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                kind = (await reader.readexactly(1))[0]
                body = await reader.readexactly(await _length(reader))
                if kind == CONNECT:
                    self._sign_in(body, writer)
                elif writer is self._writer:
                    self._handle(kind, body)
        if writer is self._writer:
            self._writer = None
        writer.close()

    def _sign_in(self, body: bytes, writer: asyncio.StreamWriter) -> None:
        self.drop()
        self._writer, self._under_way = writer, False
        if self.refusing:
            self._write(CONNACK, bytes([0, _REFUSED]) + _NO_PROPERTIES)
            return
        if body[7] & 0x02:  # a session that begins anew
            self.queue.clear()
        self._write(CONNACK, bytes([1, 0]) + _NO_PROPERTIES)
        self._push()

    def _handle(self, kind: int, body: bytes) -> None:
        match kind & 0xF0:
            case 0x40:  # PUBACK
                self.queue.popleft()
                self._under_way = False
                self._push()
            case 0x80:  # SUBSCRIBE
                self._listening = True
                self._write(SUBACK, body[:2] + _NO_PROPERTIES + b"\x01")
                self._push()
            case 0x30:  # PUBLISH
                self._publish(body)
            case 0xC0:  # PINGREQ
                self._write(PINGRESP, b"")

    def _publish(self, body: bytes) -> None:
        losing, self.losing = self.losing, None
        (length,) = struct.unpack("!H", body[:2])
        topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
        if losing is not False:  # else it never arrives
            self._take(topic, rest[3:].decode())  # two bytes of number, one of properties
        if losing is None:
            self._write(PUBACK, rest[:2])
        else:
            self.drop()

    def _write(self, kind: int, body: bytes) -> None:
        assert self._writer is not None
        length, size = bytearray(), len(body)
        while size > 0x7F:
            length.append(size & 0x7F | 0x80)
            size >>= 7
        self._writer.write(bytes([kind, *length, size]) + body)


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()


async def _length(reader: asyncio.StreamReader) -> int:
    length = shift = 0
    while True:
        (byte,) = await reader.readexactly(1)
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return length
