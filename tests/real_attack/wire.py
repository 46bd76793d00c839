"""The far side of a network on a socket: it repeats what was not acknowledged, and has a memory.

The bridge is in another process and may die at any time; what it was told and what it did is here.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bridgekit.testing.homeserver.changes import Changes

JSON = dict[str, Any]

WINDOW = 500  # events that may wait for their acknowledgement on one connection
LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class Wire:
    """`idempotent`: a repeated txn is recognised. `heard` are texts by chat, as they were taken.

    `lose` is how many answers to sends are still to be lost: the connection breaks instead. Nothing
    said in a chat of `hanging` is answered; True: it is taken all the same. `exclusive`: a new
    connection ends the last one.
    """

    changes: Changes  # told of all that happens here
    idempotent: bool = True
    exclusive: bool = True
    port: int = 0
    lose: int = 0
    hanging: dict[str, bool] = field(default_factory=dict)
    heard: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    texts: set[str] = field(default_factory=set)
    given: dict[str, str] = field(default_factory=dict)
    unacknowledged: OrderedDict[int, JSON] = field(default_factory=OrderedDict)
    hung: int = 0
    _said: int = 0
    _sent: int = 0  # the last event that went over the present connection
    _open: set[int] = field(default_factory=set)  # on this connection, not acknowledged
    _writer: asyncio.StreamWriter | None = None
    _server: asyncio.Server | None = None

    def say(self, chat: str, sender: str, text: str, name: str | None = None) -> None:
        """Somebody says something; the bridge gets it until it acknowledges it."""
        self._said += 1
        at = datetime.now(UTC).timestamp()
        event = {
            "chat": chat,
            "sender": sender,
            "text": text,
            "id": name or f"m{self._said}",
            "at": at,
        }
        self.unacknowledged[self._said] = {"event": self._said, **event}
        self._push()

    def again(self, event: JSON) -> None:
        """Say what was said before once more, as a network does that forgot what it delivered."""
        self._said += 1
        self.unacknowledged[self._said] = {**event, "event": self._said}
        self._push()

    @property
    def connected(self) -> bool:
        return self._writer is not None

    def drop(self) -> None:
        """The connection breaks."""
        if self._writer is not None:
            self._writer.close()

    async def come_back(self) -> None:
        """Listen, for the first time or again."""
        self._server = await asyncio.start_server(self.serve, LOOPBACK, self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    def leave(self) -> None:
        """Nobody can connect any more."""
        if self._server is not None:
            self._server.close()
        self.drop()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the bridge; a new one takes the place of the last."""
        if self.exclusive:
            self.drop()
        self._writer, self._sent = writer, 0
        self._open.clear()
        self.changes.notify()
        self._push()
        try:
            while line := await reader.readline():
                self._take(json.loads(line), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # as when the bridge is killed
        finally:
            if self._writer is writer:
                self._writer = None
            writer.close()
            self.changes.notify()

    def _take(self, order: JSON, writer: asyncio.StreamWriter) -> None:
        match order:
            case {"acknowledge": numbers}:
                for number in numbers:
                    self.unacknowledged.pop(number, None)
                    self._open.discard(number)
                self._push()
            case {"send": number, "txn": txn, "chat": chat, "text": text}:
                if self.hanging.get(chat, True):
                    self._hear(chat, txn, text)
                if chat in self.hanging:
                    self.hung += 1
                elif self.lose > 0:
                    self.lose -= 1
                    writer.close()
                else:
                    _write(writer, {"answer": number, "id": self.given[txn]})
            case {"find": number, "txn": txn}:
                _write(writer, {"answer": number, "id": self.given.get(txn)})
        self.changes.notify()

    def _hear(self, chat: str, txn: str, text: str) -> None:
        if self.idempotent and txn in self.given:
            return
        self.given[txn] = f"sent-{len(self.given)}-{txn}"
        self.heard[chat].append(text)
        self.texts.add(text)

    def _push(self) -> None:
        """What is next, as far as the window goes."""
        writer = self._writer
        if writer is None or len(self._open) >= WINDOW:
            return
        # Oldest first; the scan is short, since what is behind `_sent` is on its way already.
        for number in range(max(self._sent + 1, self._first()), self._said + 1):
            if len(self._open) >= WINDOW:
                return
            self._sent = number
            if number in self.unacknowledged:
                self._open.add(number)
                _write(writer, self.unacknowledged[number])

    def _first(self) -> int:
        return next(iter(self.unacknowledged), self._said + 1)


def _write(writer: asyncio.StreamWriter, what: JSON) -> None:
    if not writer.is_closing():
        writer.write(json.dumps(what).encode() + b"\n")


@asynccontextmanager
async def wire(changes: Changes, *, idempotent: bool = True) -> AsyncIterator[Wire]:
    """A far side that listens on `port` until the block ends."""
    network = Wire(changes, idempotent=idempotent)
    await network.come_back()
    try:
        yield network
    finally:
        network.leave()
