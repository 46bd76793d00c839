"""The wire between the bridge and PostgreSQL, which a test can cut at a chosen moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bridgekit.testing.servers.process import HOST

COMMIT = b"COMMIT"


class Wire:
    """Passes bytes on. `lose` names what is cut at the next COMMIT: the question or its answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.lose: str | None = None
        self.down = False
        self.cut = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.down:
                return
            there, back = await asyncio.open_connection(HOST, self._port)
            self._open.add(back)
            answers = asyncio.create_task(self._pass(there, writer))
            await self._ask(reader, back, answers)
            answers.cancel()
            back.close()
        except OSError:
            pass
        finally:
            writer.close()

    async def _ask(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, answers: asyncio.Task[None]
    ) -> None:
        while data := await reader.read(65536):
            if COMMIT in data and self.lose is not None:
                lost, self.lose = self.lose, None
                if lost == "answer":
                    answers.cancel()
                    back.write(data)
                    await back.drain()
                self.hang_up()
                return
            back.write(data)
            await back.drain()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()

    def hang_up(self) -> None:
        """Cut every connection; new ones pass, unless it is `down`."""
        for writer in self._open:
            writer.close()
        self._open.clear()
        self.cut.set()


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[tuple[Wire, int]]:
    """A wire to the server at `port`, and the port at which it begins."""
    wire = Wire(port)
    server = await asyncio.start_server(wire.serve, HOST, 0)
    try:
        yield wire, server.sockets[0].getsockname()[1]
    finally:
        wire.hang_up()
        server.close()
