"""RFC 1413: an IRC server asks the machine that connects to it whose connection that is.

With an answer, a server shows a user name without `~` in front, and can ban one person instead of
the whole bridge. Sockets and port 113 belong to a process, whatever networks it serves.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv6Address, ip_address

_QUERY = re.compile(rb"\s*([0-9]{1,5})\s*,\s*([0-9]{1,5})\s*\r?\n")
_LONGEST = 1000  # bytes of a query: RFC 1413 §5
_PATIENCE = 10.0  # seconds for a query, and for a connection that is being made
_AT_ONCE = 200  # who asks


@dataclass(frozen=True, slots=True)
class Ends:
    """A connection: our address and port, then the server's."""

    host: str
    port: int
    other: str
    other_port: int

    @classmethod
    def of(cls, writer: asyncio.StreamWriter) -> "Ends | None":
        """None where the connection has ended already."""
        ours, theirs = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
        if not ours or not theirs:
            return None
        return cls(_written(ours[0]), ours[1], _written(theirs[0]), theirs[1])


def _written(host: str) -> str:
    """One way to write an address, also on a socket for both kinds of them."""
    address = ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


class Sockets:
    """Whose each connection of a process is."""

    def __init__(self) -> None:
        self._users: dict[Ends, str] = {}
        self._dialling = 0
        self._waiting: set[asyncio.Future[None]] = set()

    @contextmanager
    def dialling(self) -> Iterator[None]:
        """Somebody connects: a server may ask before we know of which port."""
        self._dialling += 1
        try:
            yield
        finally:
            self._dialling -= 1
            waiting, self._waiting = self._waiting, set()
            for one in waiting:
                if not one.done():
                    one.set_result(None)

    def opened(self, writer: asyncio.StreamWriter, user: str) -> Callable[[], None]:
        """Somebody is connected; call what is returned once they no longer are."""
        ends = Ends.of(writer)
        if ends is not None and user:
            self._users[ends] = user
        return partial(self._closed, ends)

    def _closed(self, ends: Ends | None) -> None:
        if ends is not None:
            self._users.pop(ends, None)

    async def user(self, ends: Ends) -> str | None:
        """Whose a connection is; None: nobody's here."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while ends not in self._users and self._dialling:
                    waiting = asyncio.get_running_loop().create_future()
                    self._waiting.add(waiting)
                    await waiting
        return self._users.get(ends)


OURS = Sockets()
"""Of this process, as the sockets are: whichever network answers, it answers for all of them."""


def place(listen: str) -> tuple[str, int]:
    """The address and port of `host:port`, where IPv6 is in brackets; raises `ValueError`."""
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise ValueError("must be an address and a port, such as 0.0.0.0:113 or [::]:113")
    return str(ip_address(host)), int(port)


def cannot_listen(listen: str, error: OSError) -> str:
    """Why nobody can listen there, and what to do."""
    why = os.strerror(error.errno) if error.errno else "it is refused"
    return (
        f"nobody can listen at {listen}: {why}. Ports below 1024 are for privileged programs: let"
        " the firewall send port 113 to another one, and name that."
    )


@asynccontextmanager
async def answering(listen: str, sockets: Sockets = OURS) -> AsyncIterator[None]:
    """Answer at `listen` until left. Raises `OSError` where nobody can listen there."""
    asking: set[asyncio.Task[None]] = set()
    serve = partial(_serve, sockets, asking)
    server = await asyncio.start_server(serve, *place(listen), limit=_LONGEST)
    try:
        yield
    finally:
        server.close()
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def _serve(
    sockets: Sockets,
    asking: set[asyncio.Task[None]],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 (a coroutine runs in one)
    if len(asking) >= _AT_ONCE:
        writer.close()
        return
    asking.add(task)
    try:
        with suppress(OSError, ValueError, TimeoutError):  # too long, too slow, or gone
            writer.write(await _answer(sockets, writer, await _query(reader)))
    finally:
        asking.discard(task)
        writer.close()


async def _query(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(_PATIENCE):
        return await reader.readline()


async def _answer(sockets: Sockets, writer: asyncio.StreamWriter, query: bytes) -> bytes:
    """Only who is at the other end of a connection hears whose it is."""
    asked, here = _QUERY.fullmatch(query), Ends.of(writer)
    if asked is None or here is None:
        return b""
    ports = int(asked[1]), int(asked[2])
    if not all(0 < port < 1 << 16 for port in ports):
        return b"%d, %d : ERROR : INVALID-PORT\r\n" % ports
    user = await sockets.user(Ends(here.host, ports[0], here.other, ports[1]))
    said = "ERROR : NO-USER" if user is None else f"USERID : UNIX : {user}"
    return f"{ports[0]}, {ports[1]} : {said}\r\n".encode()
