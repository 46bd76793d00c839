"""One login's place in the holder: its connection to a server, which outlives the bridge.

What the server says is journalled before the bridge sees it. A PING is answered here, since the
bridge may be away.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bridgekit import RetryLater
from bridges.irc.config import Ping
from bridges.irc.connection import Address, Connection, DisconnectedError, dial
from bridges.irc.holder.journal import Journal
from bridges.irc.holder.keys import Keys
from bridges.irc.unsaid import Unsaid
from bridges.irc.wire import MalformedLineError, compose, decode, parse

log = logging.getLogger(__name__)

_PING = Ping(interval=60.0, timeout=60.0)
_NO_ROOM = 1.0  # seconds until what the disk did not take is tried again


class Slot:
    """Empty, or with a connection: `instance` names it, and `ended` says why it is gone."""

    def __init__(self, name: str, folder: Path, since: float, tasks: asyncio.TaskGroup) -> None:
        """`tasks` has what reads the connection; what fails in that ends no other."""
        self.name = name
        self._tasks = tasks
        self.keys = Keys(since)
        self.instance = ""
        self.state = ""
        self.ended: str | None = None
        self.address: Address | None = None
        """Where the connection leads, and how."""
        self.journal: Journal | None = None
        self.news = asyncio.Event()
        """Set whenever there is more to read, or the connection has ended."""
        self._stem = folder / hashlib.sha256(name.encode()).hexdigest()[:32]
        self._connection: Connection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._dialling: object = None
        self._recall()

    def _recall(self) -> None:
        """What an earlier process left behind: its connection is gone, its journal is not."""
        for path in self._stem.parent.glob(f"{self._stem.name}.*.journal"):
            self.instance, self.journal = path.name.split(".")[1], Journal(path)
            self.state = self._recalled()
            self.ended = "The holder of the connection was restarted"
        if self.journal is not None and not self.journal.unread:
            self.clear()

    def _recalled(self) -> str:
        """The state, a list in JSON; "" where a disk has damaged it: then nobody can go on here."""
        try:
            text = self._state_path.read_text()
            if isinstance(json.loads(text), list):
                return text
        except FileNotFoundError:
            return ""
        except ValueError:
            pass
        log.warning("%s is damaged: its connection is begun anew", self._state_path)
        return ""

    @property
    def alive(self) -> bool:
        return self._connection is not None and self.ended is None

    @property
    def _state_path(self) -> Path:
        return self._stem.with_suffix(".state")

    async def connect(self, to: Address) -> None:
        """A new connection in place of what was there. Raises as `dial`.

        Whoever asks for another one meanwhile gets theirs, and this one is nobody's.
        """
        self.clear()
        mine = self._dialling = object()
        connection = await dial(to)
        if self._dialling is not mine:
            connection.shut()
            raise RetryLater("Another bridge has asked for this connection meanwhile")
        self.instance, self.address = secrets.token_hex(8), to
        self.journal = Journal(Path(f"{self._stem}.{self.instance}.journal"))
        self._connection = connection
        self._reading = self._tasks.create_task(self._read(connection, self.journal))

    def clear(self) -> None:
        """Be empty; a connection that is still there is closed without a word."""
        if self._reading is not None:
            self._reading.cancel()
        if self._connection is not None:
            self._connection.shut()
        if self.journal is not None:
            self.journal.close(remove=True)
        self._state_path.unlink(missing_ok=True)
        self._connection, self._reading, self.journal = None, None, None
        self.instance, self.state, self.ended, self.address = "", "", None, None
        self._dialling = None
        self.news.set()

    def quit(self, line: str, why: str) -> None:
        """End the connection; what the bridge has not stored stays here until it has."""
        self.write([line], "")
        if self.journal is None or not (self.state and self.journal.unread):
            self.clear()
            return
        if self._reading is not None:
            self._reading.cancel()
        self._end(self.ended or why)

    def leads_to(self, address: Address) -> bool:
        """Whether the connection is as somebody wants it now; how long they wait is no matter."""
        return self.address is None or replace(self.address, timeout=address.timeout) == address

    def remember(self, state: str) -> None:
        """Keep what the next bridge needs, also for when this process is killed."""
        self.state = state
        try:
            self._write_down(state)
        except OSError as error:  # then only for as long as this process lives
            log.warning("a state cannot be written: %s", os.strerror(error.errno or 0))

    def _write_down(self, state: str) -> None:
        beside = self._state_path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(state)
        beside.replace(self._state_path)

    def write(self, lines: Sequence[str], key: str) -> None:
        """Send lines, unless something was sent under this key before."""
        if self._connection is None or self.ended is not None:
            return
        if not key or self.keys.take(key, self.instance, time.time()):
            self._connection.write(*lines)

    async def _read(self, connection: Connection, journal: Journal) -> None:
        unsaid = Unsaid()
        try:
            with connection.watched(_PING):
                while True:
                    news = [raw for raw in await connection.read() if _is_news(raw, connection)]
                    await self._keep(journal, list(map(unsaid.kept, news)))
                    self.news.set()
        except DisconnectedError as error:
            self._end(str(error))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("a held connection failed")
            self._end("The holder failed")

    def _end(self, why: str) -> None:
        self.ended = why
        if self._connection is not None:
            self._connection.shut()
        self.news.set()

    async def _keep(self, journal: Journal, lines: Sequence[bytes]) -> None:
        """Until there is room nothing more is read: the server waits, as long as it will."""
        while True:
            try:
                journal.append(lines, time.time())
            except OSError as error:
                log.warning("the journal cannot be written: %s", os.strerror(error.errno or 0))
                await asyncio.sleep(_NO_ROOM)
            else:
                return


def _is_news(raw: bytes, connection: Connection) -> bool:
    """Whether the bridge has to see a line. What only keeps the connection alive is answered."""
    if b"PING" not in raw.upper() and b"are-you-there" not in raw:
        return True
    with contextlib.suppress(MalformedLineError):
        line = parse(decode(raw))
        if line.command == "PING":
            connection.write(compose("PONG", *line.params[:1]))
            return False
        return not (line.command == "PONG" and line.params[-1:] == ("are-you-there",))
    return True
