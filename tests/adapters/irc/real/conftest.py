"""Servers that nobody scripted, and people on them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import irc.server
import pytest

from bridgekit.testing.servers import Inspircd
from bridgekit.testing.servers import inspircd as run_inspircd
from bridgekit.testing.servers import ngircd as run_ngircd
from tests.integration.missing import or_skip


class QuietServer(irc.server.IRCServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that leaves while it is written to is no error here."""


@pytest.fixture
def toy_server() -> Iterator[int]:
    server = QuietServer(("127.0.0.1", 0), irc.server.IRCClient)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Person:
    """Somebody with an IRC client of their own."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, *lines: str | bytes) -> None:
        for line in lines:
            self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    async def join(self, channel: str) -> None:
        self.say(f"JOIN {channel}")
        await self.hear(" 366 ")

    async def hear(self, *parts: str) -> str:
        """Read on until a line holds one of `parts`; the server's PINGs are answered."""
        while True:
            line = (await self.reader.readuntil(b"\r\n"))[:-2].decode()
            if line.startswith("PING"):
                self.say("PONG" + line[4:])
            if any(part in line for part in parts):
                return line


@asynccontextmanager
async def irc_person(port: int, nick: str) -> AsyncIterator[Person]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    person = Person(reader, writer)
    person.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
    await person.hear(" 376 ", " 422 ")
    try:
        yield person
    finally:
        writer.close()


@pytest.fixture(scope="session")
def ngircd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of one ngIRCd for all tests: use channels and nicks that no other test uses."""
    with or_skip(run_ngircd(tmp_path_factory.mktemp("ngircd"))) as server:
        yield server.port


@pytest.fixture(scope="session")
def inspircd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspircd]:
    """An InspIRCd with services, for all tests: use channels and nicks that no other test uses."""
    with or_skip(run_inspircd(tmp_path_factory.mktemp("inspircd"))) as server:
        yield server


@pytest.fixture(name="irc_person")
def _irc_person():
    return irc_person
