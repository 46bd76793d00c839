"""The socket to an IRC server: bytes to lines, and lines to bytes that a server can stand.

Of our own, since the `irc` package's closes the connection on one Latin-1 byte or an odd line.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from bridgekit import LoginError, RetryLater, Scope
from bridges.irc.config import IRCConfig, Ping

_READ = 65536
_LONGEST = 16384  # tags may take 8191 bytes, the rest 512; what a server adds stays well within
_FAREWELL = 5.0


class DisconnectedError(Exception):
    """The connection is gone; nobody knows what became of what was not confirmed."""


class LineBuffer:
    """Cuts a stream into lines. An over-long line loses its end, as it would on the server."""

    def __init__(self) -> None:
        self._rest = b""
        self._overflowing = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their ends; blank ones are none (RFC 1459)."""
        *complete, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        if self._overflowing and complete:
            del complete[0]  # the tail of what was cut; its head was already given out
            self._overflowing = False
        lines = [line[:_LONGEST] for line in complete if line and not line.isspace()]
        if len(rest) > _LONGEST:
            if not self._overflowing:
                lines.append(rest[:_LONGEST])
            self._overflowing, rest = True, b""
        self._rest = rest
        return lines


class Connection:
    """One open socket. Only the task that runs the client reads; anybody writes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._buffer = LineBuffer()
        self._silent_since: float | None = None  # while somebody waits for what it says
        self._asked_since: float | None = None  # and for which of these silences it was asked

    @property
    def alive(self) -> bool:
        return not self._writer.is_closing()

    def write(self, *lines: str) -> None:
        """Send whole lines in one go. A lost connection shows when reading."""
        if self.alive:
            self._writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def read(self) -> list[bytes]:
        """The lines that arrived, maybe none; raises `DisconnectedError` at the end."""
        self._silent_since = asyncio.get_running_loop().time()
        try:
            data = await self._reader.read(_READ)
        except OSError as error:
            raise DisconnectedError("The connection to the IRC server broke") from error
        finally:
            self._silent_since = None
        if not data:
            raise DisconnectedError("The IRC server closed the connection")
        return self._buffer.feed(data)

    @contextmanager
    def watched(self, ping: Ping) -> Iterator[None]:
        """Within it, a silent server is asked for a sign of life; without one, `read` raises."""
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

    async def close(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(_FAREWELL):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()


@asynccontextmanager
async def opened(config: IRCConfig) -> AsyncIterator[Connection]:
    """A connection to the network; left, it says QUIT and closes.

    Raises `LoginError` for a certificate that does not hold, `RetryLater` for no connection.
    """
    host, port = config.address
    try:
        async with asyncio.timeout(config.timeout):
            streams = await asyncio.open_connection(host, port, ssl=_tls(config))
    except (OSError, TimeoutError) as error:
        raise _unreachable(host, port, error) from error
    connection = Connection(*streams)
    try:
        yield connection
    finally:
        connection.write("QUIT")
        await connection.close()


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
    if isinstance(error, socket.gaierror):
        why = "the name does not resolve"
    else:  # asyncio's own text names addresses, not the reason
        why = os.strerror(error.errno) if error.errno else "no answer in time"
    return RetryLater(f"There is no connection to {host}, port {port}: {why}.", scope=Scope.NETWORK)


def _tls(config: IRCConfig) -> ssl.SSLContext | None:
    if not config.tls:
        return None
    context = ssl.create_default_context(cafile=config.ca_file)
    if not config.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
