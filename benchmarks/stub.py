"""A homeserver that costs next to nothing: it answers, counts what is sent, and pushes.

In a process of its own and on bare asyncio, so that what is measured is the bridge. It dedupes
by transaction ID as Synapse does, and holds nothing else to be true.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Sequence

from benchmarks.child import serve
from benchmarks.pushing import push
from benchmarks.traffic import DOMAIN, NUMBERED, Arrivals

SEND = re.compile(rb"/rooms/([^/]+)/send/[^/]+/([^?]+)")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
ANSWERS: Sequence[tuple[re.Pattern[bytes], bytes]] = [
    (re.compile(pattern), json.dumps(answer).encode())
    for pattern, answer in (
        (rb"/versions", {"versions": ["v1.11"]}),
        (rb"/whoami", {"user_id": f"@bridgebot:{DOMAIN}"}),
        (rb"/ping", {"duration_ms": 1}),
        (rb"/register", {"user_id": f"@x:{DOMAIN}"}),
        (rb"/join/", {"room_id": f"!joined:{DOMAIN}"}),
        (rb"/state/m\.room\.member", {"membership": "join", "displayname": "Somebody"}),
        (rb"/messages", {"chunk": []}),
        (rb"", {}),
    )
]


class Homeserver:
    """What all connections share."""

    def __init__(self) -> None:
        self.arrivals = Arrivals()
        self._rooms, self._events = itertools.count(1), itertools.count(1)
        self._sent: dict[bytes, bytes] = {}

    def answer(self, target: bytes, body: bytes) -> bytes:
        send = SEND.search(target)
        if send is not None:
            return self._send(send[1], send[2], body)
        if b"/createRoom" in target:
            return b'{"room_id": "!made%d:%s"}' % (next(self._rooms), DOMAIN.encode())
        return next(answer for pattern, answer in ANSWERS if pattern.search(target))

    def _send(self, room: bytes, txn: bytes, body: bytes) -> bytes:
        known = self._sent.get(txn)
        if known is None:
            known = self._sent[txn] = b'{"event_id": "$e%d"}' % next(self._events)
            number = NUMBERED.search(body)
            if number is not None:
                self.arrivals.add(int(number[1]), room.decode())
        return known

    async def listen(self) -> dict[str, str]:
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self), "127.0.0.1", 0
        )
        return {"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}

    async def reset(self) -> None:
        self.arrivals.reset()
        self._sent.clear()


class Connection(asyncio.Protocol):
    """One connection of a client; requests are answered in their order."""

    def __init__(self, homeserver: Homeserver) -> None:
        self._homeserver, self._data = homeserver, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (TCP)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while True:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._data[:end]
            length = LENGTH.search(head)
            until = end + 4 + (int(length[1]) if length else 0)
            if len(self._data) < until:
                return
            target = head[: head.index(b"\r\n")].split(b" ")[1]
            answer = self._homeserver.answer(target, self._data[end + 4 : until])
            self._data = self._data[until:]
            self._transport.write(ANSWER % (len(answer), answer))


async def main() -> None:
    homeserver = Homeserver()
    await serve(
        {
            "listen": homeserver.listen,
            "reset": homeserver.reset,
            "arrived": homeserver.arrivals.wait,
            "push": push,
        }
    )


if __name__ == "__main__":
    asyncio.run(main())
