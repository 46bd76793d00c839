"""ClamAV's daemon by its socket: INSTREAM, a stream of chunks, each behind its length.

Protocol: man clamd(8), "COMMANDS". On bare sockets: the daemon answers that a stream is too long,
and closes, while we still send; a transport of asyncio's would end on that and lose the answer.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

from bridgekit.configuration.listening import TCPAddress, UnixAddress
from bridgekit.scanning.scanner import ScanFailed, TooMuch, named

_LONGEST = 4096  # bytes of an answer
_FOUND = re.compile(r"[^:]*: (.+) FOUND", re.DOTALL)


class Clamd:
    """A connection for each question, as the daemon has it."""

    cheap = True

    def __init__(self, address: TCPAddress | UnixAddress) -> None:
        self._address = address

    async def scan(self, pieces: AsyncIterator[bytes]) -> str | None:
        """See `Scanner.scan`."""
        async with self._connected() as connection:
            # What ends it early is said in the answer, which lies there still.
            with suppress(ConnectionError):
                await _send(connection, pieces)
            return _found(await _answer(connection))

    async def answers(self) -> str:
        """Its version, and that of its signatures."""
        async with self._connected() as connection:
            await asyncio.get_running_loop().sock_sendall(connection, b"zVERSION\0")
            answer = await _answer(connection)
        if not answer.startswith("ClamAV"):
            raise ScanFailed(f"it answers {named(answer)}")
        return named(answer)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[socket.socket]:
        try:
            connection = await self._connect()
            with closing(connection):
                yield connection
        except OSError as error:
            raise ScanFailed(f"{type(error).__name__}: {error.strerror or error}") from error

    async def _connect(self) -> socket.socket:
        loop, address = asyncio.get_running_loop(), self._address
        if isinstance(address, UnixAddress):
            return await _to(socket.AF_UNIX, str(address.path))
        found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        for family, *_, where in found[:-1]:
            with suppress(OSError):
                return await _to(family, where)
        return await _to(found[-1][0], found[-1][-1])


async def _to(family: int, where: str | tuple[object, ...]) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, where)
    except BaseException:
        connection.close()
        raise
    return connection


async def _send(connection: socket.socket, pieces: AsyncIterator[bytes]) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, b"zINSTREAM\0")
    async for piece in pieces:
        if piece:  # an empty one is the end
            await loop.sock_sendall(connection, len(piece).to_bytes(4, "big"))
            await loop.sock_sendall(connection, piece)
    await loop.sock_sendall(connection, bytes(4))


async def _answer(connection: socket.socket) -> str:
    loop, said = asyncio.get_running_loop(), b""
    while b"\0" not in said and len(said) < _LONGEST:
        more = await loop.sock_recv(connection, _LONGEST)
        if not more:
            break
        said += more
    return said.partition(b"\0")[0].decode(errors="replace").strip()


def _found(answer: str) -> str | None:
    if answer.endswith(": OK"):
        return None
    if found := _FOUND.fullmatch(answer):
        return named(found[1])
    if "size limit exceeded" in answer:
        raise TooMuch
    raise ScanFailed(f"it answers {named(answer)}" if answer else "it closed the connection")
