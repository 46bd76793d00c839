"""The socket to an IRC server: bytes to lines, and lines to bytes that a server can stand.

Of our own, since the `irc` package's closes the connection on one Latin-1 byte or an odd line.
"""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from bridgekit import LoginError, RetryLater, Scope
from bridges.irc.config import IRCConfig, Ping
from bridges.irc.ident import OURS, Sockets
from bridges.irc.lines import LineBuffer, Passes, cut
from bridges.irc.sieve import Sieve

_READ = 65536
_FAREWELL = 5.0
_ERRNO = re.compile(r"\[Errno (\d+)\]")


class DisconnectedError(Exception):
    """The connection is gone; nobody knows what became of what was not confirmed."""


class ServerConnection(Protocol):
    """What a client talks through. Only the task that runs it reads; anybody writes."""

    @property
    def alive(self) -> bool: ...

    def cursor(self, ahead: int = 0) -> str | None:
        """Names the last line that was read, for a next process to go on behind it, if it can.

        Or the one with so many read behind it.
        """

    def write(self, *lines: str, key: str = "") -> None:
        """Send whole lines in one go; under the same `key` only once, where that is known."""

    async def read(self, passes: Passes | None = None) -> list[bytes]:
        """The lines that arrived, maybe none; raises `DisconnectedError` at the end.

        Those that pass may be left out, where all that came at once do. None: none is.
        """

    def watched(self, ping: Ping) -> AbstractContextManager[None]:
        """Within it, a silent server is asked for a sign of life; without one, `read` raises."""

    def stored(self, ahead: int = 0) -> None:
        """All that was read, but so many lines at its end, is stored: it need not be kept."""

    def answered(self, key: str, ids: Sequence[str] | None) -> None:
        """What was sent under `key` was taken, under these IDs; None: it was refused."""


class Connection:
    """One open socket of our own."""

    def __init__(
        self,
        reader: Sieve,
        writer: asyncio.StreamWriter,
        gone: Callable[[], None] = lambda: None,
    ) -> None:
        """`gone` is called when it is closed."""
        self._reader = reader
        self._writer = writer
        self._gone = gone
        self._buffer = LineBuffer()
        self._silent_since: float | None = None  # while somebody waits for what it says
        self._asked_since: float | None = None  # and for which of these silences it was asked

    @property
    def alive(self) -> bool:
        return not self._writer.is_closing()

    def write(self, *lines: str, key: str = "") -> None:  # noqa: ARG002 (nobody else knows keys)
        """See `ServerConnection`. A lost connection shows when reading."""
        if self.alive:
            self._writer.write("".join(f"{line}\r\n" for line in lines).encode())

    def cursor(self, ahead: int = 0) -> None:
        """IRC itself repeats nothing."""

    def stored(self, ahead: int = 0) -> None:
        """Nobody keeps what was read."""

    def answered(self, key: str, ids: Sequence[str] | None) -> None:
        """Nobody asks later."""

    async def read(self, passes: Passes | None = None) -> list[bytes]:
        """See `ServerConnection`."""
        self._silent_since = asyncio.get_running_loop().time()
        self._reader.drops = None if passes is None else partial(self._dropped, passes)
        try:
            data = await self._reader.read(_READ)
        except OSError as error:
            raise DisconnectedError("The connection to the IRC server broke") from error
        finally:
            self._silent_since = self._reader.drops = None
        if not data:
            raise DisconnectedError("The IRC server closed the connection")
        return self._buffer.feed(data)

    def _dropped(self, passes: Passes, data: bytes) -> bool:
        """Drop whole lines that all pass, and say whether they were; they are a sign of life."""
        if data[-1:] != b"\n" or not self._buffer.empty:
            return False
        if not all(passes(line) for line in cut(data) if line):
            return False
        self._silent_since = asyncio.get_running_loop().time()
        return True

    @contextmanager
    def watched(self, ping: Ping) -> Iterator[None]:
        """See `ServerConnection`."""
        self._look_in(ping.interval, ping)
        try:
            yield
        finally:
            self._watch.cancel()

    def _look_in(self, seconds: float, ping: Ping) -> None:
        # One timer that is seldom due: one for each read would cost more than the reading.
        self._watch = asyncio.get_running_loop().call_later(seconds, self._look, ping)

    def _look(self, ping: Ping) -> None:
        now = asyncio.get_running_loop().time()
        since = now if self._silent_since is None else self._silent_since
        if now < since + ping.interval:
            self._look_in(since + ping.interval - now, ping)
        elif self._asked_since != since:
            self._asked_since = since
            self.write("PING :are-you-there")
            self._look_in(ping.timeout, ping)
        else:
            self._reader.set_exception(DisconnectedError("The IRC server no longer answers"))

    def shut(self) -> None:
        """Close without waiting; what was written still goes out."""
        self._gone()
        self._writer.close()

    async def close(self) -> None:
        self.shut()
        try:
            async with asyncio.timeout(_FAREWELL):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and how it is reached; `timeout` in seconds.

    `source` is the address of ours that it is reached from; None: any. `user` is whose the
    connection is, where the server asks (RFC 1413).
    """

    host: str
    port: int
    tls: bool
    verify: bool
    ca_file: str | None
    certificate: str | None
    timeout: float
    source: str | None = None
    user: str = ""


def address_of(
    config: IRCConfig, source: str | None = None, user: str = "", *, bot: bool = True
) -> Address:
    """Only the bot shows its certificate: services would take everybody else for it."""
    host, port = config.address
    # In full: the holder may run elsewhere.
    ca_file, certificate = (
        None if path is None else str(path.resolve())
        for path in (config.ca_file, config.certificate if bot else None)
    )
    verify, timeout = config.tls_verify, config.timeout
    return Address(host, port, config.tls, verify, ca_file, certificate, timeout, source, user)


@asynccontextmanager
async def opened(to: Address) -> AsyncIterator[Connection]:
    """A connection to the network; left, it says QUIT and closes. Raises as `dial`."""
    connection = await dial(to)
    try:
        yield connection
    finally:
        connection.write("QUIT")
        await connection.close()


async def dial(to: Address, sockets: Sockets = OURS) -> Connection:
    """A connection, of which `sockets` knows whose it is.

    Raises `LoginError` for a certificate that does not hold, `RetryLater` for no connection.
    """
    try:
        async with asyncio.timeout(to.timeout):
            source = None if to.source is None else (to.source, 0)
            with sockets.dialling():
                reader, writer = await _open(to, source)
                return Connection(reader, writer, sockets.opened(writer, to.user))
    except (OSError, TimeoutError) as error:
        raise _unreachable(to.host, to.port, error) from error


async def _open(to: Address, source: tuple[str, int] | None) -> tuple[Sieve, asyncio.StreamWriter]:
    """As `asyncio.open_connection`."""
    loop = asyncio.get_running_loop()
    reader = Sieve(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.create_connection(
        lambda: protocol, to.host, to.port, ssl=_tls(to), local_addr=source
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def _unreachable(host: str, port: int, error: OSError | TimeoutError) -> LoginError | RetryLater:
    if isinstance(error, ssl.SSLCertVerificationError):
        return LoginError(
            f"The TLS certificate of {host} does not hold: {error.verify_message}."
            " Check host, or set ca_file to the authority that signed it."
        )
    if isinstance(error, ssl.SSLError):
        return RetryLater(
            f"{host} does not speak TLS on port {port}; set tls: false, or the port for TLS.",
            scope=Scope.NETWORK,
        )
    why = f"There is no connection to {host}, port {port}: {_reason(error)}."
    return RetryLater(why, scope=Scope.NETWORK)


def _reason(error: OSError | TimeoutError) -> str:
    """The text of asyncio names addresses; of a host with several it has the only number."""
    if isinstance(error, socket.gaierror):
        return "the name does not resolve"
    several = _ERRNO.search(str(error))
    number = error.errno or (int(several[1]) if several else 0)
    return os.strerror(number) if number else "no answer in time"


def _tls(to: Address) -> ssl.SSLContext | None:
    if not to.tls:
        return None
    context = ssl.create_default_context(cafile=to.ca_file)
    if not to.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if to.certificate is not None:
        context.load_cert_chain(to.certificate)
    return context
