"""The holder: serves bridges over a Unix socket that only their user can open."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bridgekit import LoginError, RetryLater
from bridges.irc.beside import beside
from bridges.irc.holder import messages
from bridges.irc.holder.messages import (
    VERSION,
    Close,
    End,
    Ended,
    Failed,
    Find,
    Forget,
    Message,
    Open,
    Opened,
    Remember,
    Settled,
    Stored,
    Write,
)
from bridges.irc.holder.slot import Slot

log = logging.getLogger(__name__)

_GOODBYE, _LEAVING = "QUIT :The bridge is away", "QUIT"


class Holder:
    """All slots of one process. `keep`: seconds for which a connection waits for its bridge."""

    def __init__(self, folder: Path, keep: float) -> None:
        self._folder, self._keep = folder, keep
        self._began = time.time()
        self._slots: dict[str, Slot] = {}
        self._bridges: set[asyncio.StreamWriter] = set()
        self._serving: dict[str, asyncio.StreamWriter] = {}
        self._leaving: dict[str, asyncio.TimerHandle] = {}
        self._tasks = asyncio.TaskGroup()

    @asynccontextmanager
    async def listening(self, path: Path) -> AsyncIterator[None]:
        """Serve at `path` until left, which ends all connections. Raises `OSError`."""
        _prepare(self._folder)
        if await _in_use(path):
            raise FileExistsError(f"Another holder listens at {path}")
        _remove(path)  # of one that was killed
        bound, most = _bound(path), messages.LONGEST
        server = await asyncio.start_unix_server(self._serve, sock=bound, limit=most)
        async with self._tasks:
            try:
                yield
            finally:
                server.close()
                for slot in self._slots.values():
                    slot.quit("QUIT :The bridge is stopped", "The holder was stopped")
                _remove(path)
                bridges = list(self._bridges)
                for writer in bridges:
                    writer.close()
                ends = (writer.wait_closed() for writer in bridges)
                await asyncio.gather(*ends, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One login of a bridge, for as long as that holds on."""
        slot: Slot | None = None
        self._bridges.add(writer)
        try:
            if not (line := await reader.readline()):
                return  # it was only looked whether somebody answers
            first = messages.load(line)
            if isinstance(first, Open):
                slot = await self._opened(first, writer)
            elif isinstance(first, Close) and first.slot in self._slots:
                self._end(self._slots.pop(first.slot), (_LEAVING,))
            if slot is not None:
                await self._hold(slot, reader, writer)
        except (ValueError, OSError, asyncio.IncompleteReadError) as error:
            log.warning("a bridge was cut off: %s", type(error).__name__)
        finally:
            self._bridges.discard(writer)
            writer.close()
            if slot is not None and self._serving.get(slot.name) is writer:
                del self._serving[slot.name]
                self._wait_for_return(slot)

    async def _opened(self, wish: Open, writer: asyncio.StreamWriter) -> Slot | None:
        """Its slot, with a connection; None where there is none, which the bridge was told."""
        if wish.version != VERSION:
            why = f"The holder speaks version {VERSION}, the bridge {wish.version}; restart it."
            writer.write(messages.dump(Failed(why, final=False)))
            return None
        if wish.slot not in self._slots:
            self._slots[wish.slot] = Slot(wish.slot, self._folder, self._began, self._tasks)
        slot = self._slots[wish.slot]
        instance, _, number = (wish.stored or "").partition(":")
        if slot.journal is not None and instance == slot.instance:
            slot.journal.stored(int(number))
        if slot.alive and not slot.leads_to(wish.address):
            slot.quit("QUIT :Coming back with other settings", "The settings have changed")
        if not wish.anew and not _goes_on(slot):
            writer.write(messages.dump(Opened("", "", alive=False, since=slot.keys.since)))
            return None
        if other := self._serving.pop(slot.name, None):
            other.close()  # of a process that is gone, or will be
        if timer := self._leaving.pop(slot.name, None):
            timer.cancel()
        self._serving[slot.name] = writer
        if not _goes_on(slot):
            try:
                await slot.connect(wish.address)
            except (LoginError, RetryLater) as error:
                final = isinstance(error, LoginError)
                writer.write(messages.dump(Failed(str(error), final=final)))
                return None
        known = Opened(slot.instance, slot.state, slot.alive, slot.keys.since)
        writer.write(messages.dump(known))
        return slot

    async def _hold(
        self, slot: Slot, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async with beside(_tell(slot, writer)):
            while line := await reader.readline():
                self._take(slot, messages.load(line), writer.write)

    def _take(self, slot: Slot, message: Message, answer: Callable[[bytes], None]) -> None:
        match message:
            case Write(lines, key):
                slot.write(lines, key)
            case Stored(number):
                if slot.journal is not None:
                    slot.journal.stored(number)
            case Remember(state):
                slot.remember(state)
            case Settled(key, ids):
                slot.keys.settle(key, ids)
            case Forget(key):
                slot.keys.forget(key)
            case Find(key):
                answer(messages.dump(slot.keys.known(key, slot.instance if slot.alive else "")))
            case End(lines):
                self._end(slot, lines)
            case _:
                raise ValueError("A bridge does not say that")

    def _end(self, slot: Slot, lines: tuple[str, ...]) -> None:
        slot.write(lines, "")
        slot.clear()

    def _wait_for_return(self, slot: Slot) -> None:
        if slot.instance:
            loop = asyncio.get_running_loop()
            self._leaving[slot.name] = loop.call_later(self._keep, self._leave, slot)

    def _leave(self, slot: Slot) -> None:
        log.warning("no bridge has come back for a login in %d s", self._keep)
        self._leaving.pop(slot.name, None)
        slot.quit(_GOODBYE, "The connection has waited for the bridge for too long")


def _goes_on(slot: Slot) -> bool:
    """Whether the bridge goes on with what is in the slot: it signed in, and there is more."""
    if slot.journal is None or not slot.state:
        return False
    return slot.alive or slot.journal.unread


async def _tell(slot: Slot, writer: asyncio.StreamWriter) -> None:
    """Everything that the bridge has not stored, and whatever comes, as fast as it reads."""
    journal, instance = slot.journal, slot.instance
    place = 0 if journal is None else journal.place_to_go_on
    while journal is not None and slot.instance == instance:
        slot.news.clear()
        if chunk := journal.read(place):
            writer.write(chunk)
            place += len(chunk)
            await writer.drain()
        elif slot.ended is not None:
            writer.write(messages.dump(Ended(slot.ended)))
            return
        else:
            await slot.news.wait()


def _prepare(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _bound(path: Path) -> socket.socket:
    """A socket that nobody but our user can open, from its first moment."""
    bound = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        bound.bind(str(path))
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(before)
    return bound


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _in_use(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    return True
