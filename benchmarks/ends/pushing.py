"""Transactions to an application service, one at a time, each again until it is answered 200."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from benchmarks.ends.said import HS_TOKEN, ON_MATRIX, PUSHED, room, text_of, user

REQUEST = (
    "PUT /_matrix/app/v1/transactions/b%d HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
AGAIN = 0.25  # seconds
Event = dict[str, Any]


class Pusher:
    """The homeserver's side of pushing: order kept, the same transaction ID on every attempt."""

    def __init__(self, url: str) -> None:
        """Each event is sent as `sealed` makes it."""
        self.sealed: Callable[[Event], Event] | None = None
        self._address = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def push(self, numbers: range, rooms: int, people: int) -> None:
        """Returns once it is acknowledged, however often that has to be asked for."""
        events = [_event(number, rooms, people) for number in numbers]
        if self.sealed is not None:
            events = [self.sealed(event) for event in events]
        body = json.dumps({"events": events}).encode()
        head = REQUEST % (numbers[0], self._address.netloc, HS_TOKEN, len(body))
        while True:
            try:
                reader, writer = await self._connected()
                writer.write(head.encode() + body)
                if await _answered(reader):
                    return
            except (OSError, asyncio.IncompleteReadError):
                self.close()
            await asyncio.sleep(AGAIN)

    async def reachable(self) -> bool:
        try:
            await self._connected()
        except OSError:
            return False
        return True

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            host, port = self._address.hostname, self._address.port
            self._streams = await asyncio.open_connection(host, port)
        return self._streams

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _answered(reader: asyncio.StreamReader) -> bool:
    """Whether it was 200."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length or 0))
    return b" 200 " in head[:16]


def _event(number: int, rooms: int, people: int) -> Event:
    """A message; rooms and people take turns."""
    return {
        "event_id": f"{PUSHED}{number}",
        "room_id": room(number % rooms),
        "sender": user(number % people),
        "type": "m.room.message",
        "origin_server_ts": int(time.time() * 1000),
        "content": {"msgtype": "m.text", "body": text_of(number, ON_MATRIX), "m.mentions": {}},
        "unsigned": {"age": 5},
    }
