"""The little of MQTT 5 (OASIS, 2019) that the bridge speaks, as bytes: pure but for `read`."""

from __future__ import annotations

import asyncio
import struct
from typing import NamedTuple

LARGEST = 1 << 20  # bytes of a packet that are kept
FAILURE = 0x80  # reason codes from here on
_MORE = 0x80  # another byte of a length follows
_LONGEST_HEAD = 5


class Publication(NamedTuple):
    """`number` is empty at QoS 0; `again`: it was not acknowledged when it came before."""

    topic: bytes
    payload: bytes
    number: bytes
    again: bool


def text(value: str) -> bytes:
    return len(value.encode()).to_bytes(2) + value.encode()


def packet(kind: int, body: bytes = b"") -> bytes:
    length, rest = b"", len(body)
    while rest >= _MORE:
        length, rest = length + bytes([rest % _MORE | _MORE]), rest // _MORE
    return bytes([kind]) + length + bytes([rest]) + body


def connect(name: str, username: str, password: str, keep_alive: int) -> bytes:
    """The session never expires; of what is acknowledged, one is under way to us at a time."""
    flags, login = (0xC0, text(username) + text(password)) if username else (0, b"")
    wishes = struct.pack("!BIBH", 0x11, 0xFFFFFFFF, 0x21, 1)
    head = text("MQTT") + struct.pack("!BBHB", 5, flags, keep_alive, len(wishes))
    return packet(0x10, head + wishes + text(name) + login)


def publication(kind: int, body: bytes) -> Publication:
    end = 2 + int.from_bytes(body[:2])
    behind = end + (2 if kind & 0x06 else 0)
    properties, size = _number(body[behind:])
    payload = body[behind + size + properties :]
    return Publication(body[2:end], payload, body[end:behind], bool(kind & 0x08))


async def read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The first byte of the next packet, and what is behind its length; of too much, the beginning.

    To ask for small packets is no way out: Mosquitto 2.0 drops what is larger, but waits for its
    acknowledgement for ever, and sends us nothing else before.
    """
    try:
        head = await reader.readexactly(2)
        while head[-1] & _MORE and len(head) < _LONGEST_HEAD:
            head += await reader.readexactly(1)
        length, _ = _number(head[1:])
        body = await reader.readexactly(min(length, LARGEST))
        for left in range(length - len(body), 0, -LARGEST):
            await reader.readexactly(min(left, LARGEST))
        return head[0], body
    except asyncio.IncompleteReadError as error:
        raise ConnectionError("The MQTT broker closed the connection") from error


def _number(data: bytes) -> tuple[int, int]:
    """The number of variable length at the beginning, and of how many bytes it is."""
    size = next((place for place, byte in enumerate(data[:4], 1) if not byte & _MORE), 4)
    return sum(byte % _MORE << 7 * place for place, byte in enumerate(data[:size])), size
