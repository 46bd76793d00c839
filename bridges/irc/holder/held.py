"""The bridge's end of a connection that the holder keeps: read, written and left like any other.

Left, it stays: the next process finds it here, with all that was said in between.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bridgekit import LoginError, RetryLater, Scope
from bridges.irc.config import Ping
from bridges.irc.connection import Address, DisconnectedError
from bridges.irc.holder import messages
from bridges.irc.holder.messages import (
    Close,
    End,
    Ended,
    Failed,
    Find,
    Forget,
    Known,
    Message,
    Open,
    Opened,
    Remember,
    Settled,
    Stored,
    Write,
)
from bridges.irc.lines import Passes

_READ = 1 << 16
_NONSENSE = "The holder says what no holder says"


class HeldConnection:
    """`opened` says what the holder had."""

    def __init__(
        self, opened: Opened, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.opened = opened
        self._reader, self._writer = reader, writer
        self._rest = b""
        self._last = 0  # the number of the last line that was given out
        self._told = 0  # and of the last that the holder knows to be stored
        self._ended: str | None = None
        self._asked: dict[str, deque[asyncio.Future[Known]]] = {}
        self.news: Callable[[int], str] = lambda _number: ""
        """What a next process must know behind the line with a number, and the holder does not."""

    @property
    def alive(self) -> bool:
        return self.opened.alive and self._ended is None and not self._writer.is_closing()

    def cursor(self, ahead: int = 0) -> str | None:
        """With what is new since the holder was told: the two are stored in one commit, or else a
        next process would be behind a line that has changed what it knows.
        """
        place = self.place(ahead)
        news = self.news(place)
        return f"{self.opened.instance}:{place}" + (f" {news}" if news else "")

    def place(self, ahead: int = 0) -> int:
        """The number of the last line that was read, but so many."""
        return self._last - ahead

    def write(self, *lines: str, key: str = "") -> None:
        if lines:
            self._say(Write(lines, key))

    def stored(self, ahead: int = 0) -> None:
        if self._told < self.place(ahead):
            self._told = self.place(ahead)
            self._say(Stored(self._told))

    def answered(self, key: str, ids: Sequence[str] | None) -> None:
        self._say(Forget(key) if ids is None else Settled(key, tuple(ids)))

    def remember(self, state: str) -> None:
        """Leave this for the next process."""
        self._say(Remember(state))

    def end(self, *lines: str) -> None:
        """Nobody comes back to this connection."""
        self._say(End(lines))

    async def find(self, key: str) -> Known:
        """What became of what was sent under a key; somebody has to `read` meanwhile."""
        asked: asyncio.Future[Known] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key, deque()).append(asked)
        self._say(Find(key))
        return await asked

    def _say(self, message: Message) -> None:
        if not self._writer.is_closing():
            self._writer.write(messages.dump(message))

    async def read(self, passes: Passes | None = None) -> list[bytes]:
        """See `ServerConnection`. Each line has its number, so none is left out."""
        del passes
        if self._ended is not None:
            raise self._lost(self._ended)
        try:
            data = await self._reader.read(_READ)
        except OSError as error:
            raise self._lost("The connection to the holder broke") from error
        if not data:
            raise self._lost("The holder has ended, and all its connections with it")
        *complete, self._rest = (self._rest + data).split(b"\n")
        try:
            return [line for record in complete for line in self._lines(record)]
        except (ValueError, OverflowError, OSError) as error:  # of numbers, and of times
            raise self._lost(_NONSENSE) from error

    def _lines(self, record: bytes) -> Iterator[bytes]:
        """What a server said, if it is that."""
        if record.startswith(b"["):
            self._take(messages.load(record))
        else:
            number, at, line = record.split(b" ", 2)
            dated = _dated(line, float(at))
            self._last = int(number)
            yield dated

    def _take(self, message: Message) -> None:
        match message:
            case Known(key):
                waiting = self._asked.get(key)
                if waiting and not (asked := waiting.popleft()).done():
                    asked.set_result(message)
                if not waiting:
                    self._asked.pop(key, None)
            case Ended(why):
                self._ended = why
            case _:
                raise self._lost(_NONSENSE)

    def _lost(self, why: str) -> DisconnectedError:
        error = DisconnectedError(why)
        for waiting in self._asked.values():
            for asked in waiting:
                if not asked.done():
                    asked.set_exception(error)
        self._asked.clear()
        return error

    @contextmanager
    def watched(self, ping: Ping) -> Iterator[None]:  # noqa: ARG002 (the holder looks itself)
        yield

    async def close(self) -> None:
        self._writer.close()


def _dated(line: bytes, at: float) -> bytes:
    """A line as of when the holder heard it, which may be long ago; unless the server says when."""
    tags, blank, rest = line[1:].partition(b" ") if line.startswith(b"@") else (b"", b"", line)
    if any(tag.startswith(b"time=") for tag in tags.split(b";")):
        return line
    time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").encode()
    return b"@%b%b %b" % (b"time=" + time, b";" + tags if blank else b"", rest)


@asynccontextmanager
async def held(
    at: Path, slot: str, address: Address, stored: str | None, *, anew: bool = True
) -> AsyncIterator[HeldConnection]:
    """The connection of a login that the holder has, or makes: `Open` says what `anew` means.

    Raises `LoginError` or `RetryLater` as dialling does, or where no holder answers.
    """
    connection = await _open(at, Open(slot, address, stored, anew), address.timeout)
    try:
        yield connection
    finally:
        await connection.close()


async def let_go(at: Path, slot: str) -> None:
    """Have the holder quit a connection that it keeps, if it does. Raises `RetryLater`."""
    _, writer = await _dialled(at)
    writer.write(messages.dump(Close(slot)))
    writer.close()
    await writer.wait_closed()


async def _dialled(at: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_unix_connection(at, limit=messages.LONGEST)
    except OSError as error:
        raise RetryLater(
            f"No holder answers at {at}; start it with `bridgekit irc-holder --socket {at}`.",
            scope=Scope.NETWORK,
        ) from error


async def _open(at: Path, wish: Open, timeout: float) -> HeldConnection:  # noqa: ASYNC109 (the dialling's, and a little)
    reader, writer = await _dialled(at)
    try:
        writer.write(messages.dump(wish))
        async with asyncio.timeout(timeout + 5):
            answer = messages.load(await reader.readline())
    except (OSError, ValueError, TimeoutError) as error:
        writer.close()
        raise RetryLater("The holder has not answered", scope=Scope.LOGIN) from error
    except BaseException:
        writer.close()
        raise
    match answer:
        case Opened():
            return HeldConnection(answer, reader, writer)
        case Failed(why, final=True):
            writer.close()
            raise LoginError(why)
        case Failed(why):
            writer.close()
            raise RetryLater(why, scope=Scope.NETWORK)
        case _:
            writer.close()
            raise RetryLater(_NONSENSE, scope=Scope.LOGIN)
