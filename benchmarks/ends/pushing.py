"""Transactions to an application service, one at a time, each again until it is answered 200."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from benchmarks.ends.said import HS_TOKEN, ON_MATRIX, PUSHED, room, text_of, user

REQUEST = (
    "PUT /_matrix/app/v1/transactions/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
AGAIN = 0.25  # seconds
Event = dict[str, Any]


AT_ONCE = 100
"""Events in a transaction at most, as Synapse has it."""


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
        await self.transaction(f"b{numbers[0]}", events)

    async def transaction(self, name: str, events: Sequence[Event]) -> None:
        """The same."""
        body = json.dumps({"events": events}).encode()
        head = REQUEST % (name, self._address.netloc, HS_TOKEN, len(body))
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


class Returning:
    """What ghosts send comes back in transactions: what came during the last is in the next."""

    def __init__(self, pusher: Pusher) -> None:
        self._pusher = pusher
        self._waiting: list[Event] = []
        self._number = 0
        self._work: asyncio.Task[None] | None = None

    def add(self, event: Event) -> None:
        self._waiting.append(event)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._push())

    async def _push(self) -> None:
        while self._waiting:
            events, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            self._number += 1
            await self._pusher.transaction(f"own{self._number}", events)

    async def through(self, patience: float) -> None:
        """Once all of it is acknowledged; raises `TimeoutError`."""
        if self._work is not None:
            async with asyncio.timeout(patience):
                await self._work


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
