"""Transactions to an application service, over HTTP and one at a time, as a homeserver does it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from benchmarks.traffic import DOMAIN, text_of

REQUEST = (
    "PUT /_matrix/app/v1/transactions/b%d HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)


async def push(
    url: str,
    token: str,
    rooms: Sequence[str],
    people: int,
    first: int,
    count: int,
    size: int,
    rate: float | None = None,
) -> list[tuple[int, float, float]]:
    """`count` messages in transactions of `size`, each once the last is acknowledged.

    `rate`: at most so many transactions a second. For each: its first message, when it was
    written, when it was acknowledged. Fails if one is not answered 200.
    """
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    pushed = []
    start = time.monotonic()
    for place, (number, body) in enumerate(_bodies(rooms, people, first, count, size)):
        if rate is not None:
            await asyncio.sleep(max(0.0, start + place / rate - time.monotonic()))
        head = REQUEST % (number, address.netloc, token, len(body))
        began = time.monotonic()
        writer.write(head.encode() + body)
        await _answered(reader)
        pushed.append((number, began, time.monotonic()))
    writer.close()
    await writer.wait_closed()
    return pushed


async def _answered(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head[:16]:
        raise RuntimeError(f"a transaction was answered {head[:40]!r}")
    await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))


def _bodies(
    rooms: Sequence[str], people: int, first: int, count: int, size: int
) -> Iterator[tuple[int, bytes]]:
    for start in range(first, first + count, size):
        numbers = range(start, min(start + size, first + count))
        events = [_event(number, rooms, people) for number in numbers]
        yield start, json.dumps({"events": events}).encode()


def _event(number: int, rooms: Sequence[str], people: int) -> dict[str, object]:
    return {
        "event_id": f"$pushed{number}",
        "room_id": rooms[number % len(rooms)],
        "sender": f"@p{number % people}:{DOMAIN}",
        "type": "m.room.message",
        "origin_server_ts": int(time.time() * 1000),
        "content": {"msgtype": "m.text", "body": text_of(number), "m.mentions": {}},
        "unsigned": {"age": 5},
    }
