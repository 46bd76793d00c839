"""The phone network behind a real Kannel: what Kannel calls the driver "fake", as its other end.

Kannel listens, and one client connects. A line for each message: `FROM TO text WORDS` as they are,
or `FROM TO data|ucs-2 OCTETS` and `FROM TO udh HEADER data OCTETS`, percent-encoded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes


@dataclass(frozen=True, slots=True)
class OnPhone:
    """What a phone got; `header` says which part of a text it is."""

    sender: str
    to: str
    text: str
    header: bytes = b""


class Phones:
    """`got` is told of each message."""

    def __init__(self, got: Callable[[OnPhone], None]) -> None:
        self._got = got
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def connect(self, port: int) -> None:
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self._reading = asyncio.create_task(self._read(reader))

    async def close(self) -> None:
        if self._reading is not None and self._writer is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._writer.close()

    def text(self, sender: str, to: str, words: str) -> None:
        """Somebody texts this. What does not fit into a line goes percent-encoded."""
        assert self._writer is not None  # noqa: S101 (connected first)
        octets = quote_from_bytes(words.encode(), safe="")
        self._writer.write(f"{sender} {to} data {octets}\n".encode())

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            words = line.rstrip(b"\n").split(b" ", 3)
            if len(words) == 4:
                self._got(_message(words))


def _message(words: list[bytes]) -> OnPhone:
    sender, to, kind, rest = words[0].decode(), words[1].decode(), words[2], words[3]
    header = b""
    if kind == b"udh":
        encoded, kind, rest = rest.split(b" ", 2)
        header = unquote_to_bytes(encoded.replace(b"+", b" "))
    if kind == b"text":
        return OnPhone(sender, to, rest.decode("utf-8", "replace"), header)
    octets = unquote_to_bytes(rest.replace(b"+", b" "))
    coding = "utf-16-be" if kind == b"ucs-2" else "utf-8"
    return OnPhone(sender, to, octets.decode(coding, "replace"), header)
