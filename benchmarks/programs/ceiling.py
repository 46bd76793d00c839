"""The ceiling: the fake ends joined by bare asyncio. It checks nothing and recovers nothing.

Its setting says `durable`: then what came in together is appended to a file and synced to the disk
before it is acknowledged or sent. Alone it needs one argument, the file with its setting.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import uvloop

from benchmarks.ends.said import AS_TOKEN, DOMAIN, NETWORK, channel
from benchmarks.ends.wire import Wire

PUT = (
    "PUT /_matrix/client/v3/rooms/%s/send/m.room.message/t%d?user_id=%s HTTP/1.1\r\n"
    "Host: localhost\r\nAuthorization: Bearer " + AS_TOKEN + "\r\n"
    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
GHOSTS = f"@{NETWORK}_"  # theirs comes back from the homeserver
OKAY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Journal:
    """Where inputs are kept, if they are."""

    def __init__(self, path: Path | None) -> None:
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
        self._file = -1 if path is None else os.open(path, flags)

    def keep(self, what: bytes) -> None:
        if self._file >= 0:
            os.write(self._file, what)
            os.fdatasync(self._file)


class Sends(Wire):
    """To the homeserver: one connection, and no answer is waited for."""

    def __init__(self) -> None:
        self._number = 0

    def request(self, where: str, who: str, text: str) -> bytes:
        self._number += 1
        body = json.dumps({"msgtype": "m.text", "body": text}).encode()
        room = quote(f"!{where[1:]}:{DOMAIN}", safe="")
        sender = quote(f"@{NETWORK}_{who}:{DOMAIN}", safe="")
        return (PUT % (room, self._number, sender, len(body))).encode() + body


class IRC(Wire):
    """Our connection to IRC."""

    def __init__(self, channels: int, said: Callable[[bytes, list[bytes]], None]) -> None:
        self._channels, self._said, self._data = channels, said, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        joins = "".join(f"JOIN {channel(number)}\r\n" for number in range(self._channels))
        self.transport.write(f"NICK direct\r\nUSER u 0 * :u\r\n{joins}".encode())

    def data_received(self, data: bytes) -> None:
        *lines, self._data = (self._data + data).split(b"\r\n")
        messages = [line for line in lines if b" PRIVMSG " in line]
        if messages:
            self._said(data, messages)


class Appservice(Wire):
    """What the homeserver pushes to."""

    def __init__(self, pushed: Callable[[bytes], None]) -> None:
        self._pushed, self._data = pushed, b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, separator, rest = self._data.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) >= length:
            self._data = rest[length:]
            self._pushed(rest[:length])
            self.transport.write(OKAY)


async def main(setting: dict[str, object]) -> None:
    loop = asyncio.get_running_loop()
    folder = Path(str(setting["folder"]))
    journal = Journal(folder / "journal" if setting["durable"] else None)
    homeserver = urlsplit(str(setting["homeserver"]))
    _, sends = await loop.create_connection(Sends, "127.0.0.1", homeserver.port or 0)

    def said(data: bytes, lines: list[bytes]) -> None:
        journal.keep(data)
        requests = []
        for line in lines:
            source, _, where, text = line.decode().split(" ", 3)
            requests.append(sends.request(where, source[1:].partition("!")[0], text[1:]))
        sends.transport.write(b"".join(requests))

    def pushed(body: bytes) -> None:
        events = [
            event for event in json.loads(body)["events"] if not event["sender"].startswith(GHOSTS)
        ]
        if not events:
            return
        journal.keep(body)
        lines = [
            f"PRIVMSG #{event['room_id'][1:].partition(':')[0]} :<{event['sender']}>"
            f" {event['content']['body']}\r\n"
            for event in events
        ]
        irc.transport.write("".join(lines).encode())

    channels = int(str(setting["channels"]))
    _, irc = await loop.create_connection(
        lambda: IRC(channels, said), "127.0.0.1", int(str(setting["irc_port"]))
    )
    port = int(str(setting["listen_port"]))
    server = await loop.create_server(lambda: Appservice(pushed), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(json.loads(Path(sys.argv[1]).read_text("utf-8"))))
