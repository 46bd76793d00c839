"""The one writer: gathers what queued during the last commit and commits it at once.

Group commit is worth 35 times the throughput of a commit per event. There is no timer window. An
operation that fails fails alone; a store that fails stops new work, while the records of what was
already sent wait here and are committed first once it is back (delivery rule 24).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from bridgekit.clock import Clock
from bridgekit.store.batch import InDoubt, commit
from bridgekit.store.checkpoints import Checkpoints
from bridgekit.store.failure import AFTER, StoreDown
from bridgekit.store.fence import Fence, TakenOver
from bridgekit.store.reserve import Reserve
from bridgekit.store.threads import AnyConnection, AnyEngine

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
log = structlog.get_logger()

BATCH = 500  # replaying a batch with one bad operation costs about a millisecond each


class Operation(Protocol[R_co]):
    """A change of the store. Applied twice, it leaves what it left once.

    Operations of one class that queued together are applied together, in their order; classes are
    applied in the order of `rank`. So whoever needs one operation before another awaits it.
    """

    rank: ClassVar[int]
    keep: ClassVar[bool]
    """It records something that already happened outside, so it must not be given up."""

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[Any]) -> Sequence[R_co]:
        """Write them all; one result each."""
        ...


class Entry(Generic[R]):
    """An operation that waits for its commit."""

    __slots__ = ("future", "operation", "then")

    def __init__(
        self, operation: Operation[R], future: asyncio.Future[R], then: Callable[[R], None] | None
    ) -> None:
        self.operation, self.future, self.then = operation, future, then

    def succeed(self, result: R) -> None:
        if self.then is not None:
            try:
                self.then(result)
            except Exception:  # the commit stands, and others wait for the writer
                log.exception("what follows a commit failed", operation=self.name)
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # retrieved: whoever waits still gets it

    def give_up(self, cause: BaseException | None = None) -> None:
        down = StoreDown()
        down.__cause__ = cause
        self.fail(down)

    @property
    def name(self) -> str:
        return type(self.operation).__name__


class Writer:
    """Commits operations, many at a time, in the order in which they came."""

    def __init__(
        self,
        engine: AnyEngine,
        clock: Clock,
        reserve: Reserve,
        fence: Fence | None = None,
        connection: AnyConnection | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        """`connection` is one that the fence has locked already."""
        self._engine, self._clock, self._reserve = engine, clock, reserve
        self._fence, self._connection, self._checkpoints = fence, connection, checkpoints
        self._doubtful: tuple[list[Entry[Any]], Sequence[Any]] | None = None
        self._queue: deque[Entry[Any]] = deque()
        self._wake = asyncio.Event()
        self._healthy = asyncio.Event()
        self._healthy.set()
        self._closing = asyncio.Event()
        self._ended = False

    async def write(self, operation: Operation[R], then: Callable[[R], None] | None = None) -> R:
        """Commit `operation`; durable on return. A cancelled caller cancels no commit."""
        return await self.submit(operation, then)  # cancelled, it is committed all the same

    def submit(
        self, operation: Operation[R], then: Callable[[R], None] | None = None
    ) -> asyncio.Future[R]:
        """Queue `operation`. `then` is called right after the commit, in commit order.

        While the store fails, only what is to be kept is queued; the rest fails at once.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        entry = Entry(operation, future, then)
        if self._ended or (self.failing and not operation.keep):
            entry.give_up()
        else:
            self._queue.append(entry)
            self._wake.set()
        return future

    async def healthy(self) -> None:
        """Return once the store can commit: whoever claims work asks first."""
        await self._healthy.wait()

    @property
    def failing(self) -> bool:
        return not self._healthy.is_set()

    async def run(self) -> None:
        """Commit until `close`; everything that was queued by then is committed.

        Raises `TakenOver` when it must not write any more.
        """
        entries: list[Entry[Any]] = []
        try:
            while await self._more():
                entries = []
                try:
                    connection = await self._connected()
                    entries = self._take()
                    operations = [entry.operation for entry in entries]
                    results = await connection.run_sync(commit, operations, self._fence)
                except TakenOver:
                    raise
                except Exception as error:  # noqa: BLE001 (what was sent must outlive any fault)
                    last = self.failing and self._closing.is_set()
                    self._failed(entries, error)
                    await self._abandon()
                    if last:
                        return
                    await self._pause()
                else:
                    self._answer(entries, results)
                    if self.failing and not self._queue and not self._back():
                        await self._pause()
        finally:
            self._end(entries)
            await self._abandon()

    def close(self) -> None:
        """Let `run` return when all is committed, or when the store fails once more."""
        self._closing.set()
        self._wake.set()

    async def _more(self) -> bool:
        """Wait until there is something to commit, or to find out; False: nothing ever again."""
        while not self._queue and self._doubtful is None:
            if self._closing.is_set():
                return False
            if self.failing:
                return True
            self._wake.clear()
            await self._wake.wait()
        return True

    async def _connected(self) -> AnyConnection:
        """The connection that may write; what a lost one left in doubt is known then."""
        if self._connection is None:
            self._connection = await self._engine.connect()
            if self._fence is not None:
                await self._connection.run_sync(self._fence.lock)
        if self._doubtful is not None and self._fence is not None:
            entries, results = self._doubtful
            took_place = await self._connection.run_sync(self._fence.settle)
            log.info("a commit was in doubt", took_place=took_place)
            self._doubtful = None
            if took_place:
                self._answer(entries, results)
            else:
                self._postpone(entries)
        return self._connection

    async def _abandon(self) -> None:
        """Close the connection for good: what failed once is opened anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                await connection.invalidate()
            with suppress(Exception):
                await connection.close()

    def _take(self) -> list[Entry[Any]]:
        return [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]

    def _answer(self, entries: list[Entry[Any]], results: Sequence[Any]) -> None:
        for entry, result in zip(entries, results, strict=True):
            if isinstance(result, Exception):
                log.error("store operation failed", operation=entry.name, error=_shown(result))
                entry.fail(result)
            else:
                entry.succeed(result)
        if self._checkpoints is not None and not self.failing:  # else what room there is is taken
            self._checkpoints.committed()

    def _failed(self, entries: list[Entry[Any]], error: Exception) -> None:
        """Give up what may be, queue the rest again, and make room for it."""
        if not self.failing:
            log.error("store failed: nothing new is accepted", error=_shown(error))
        self._healthy.clear()
        if isinstance(error, InDoubt):
            self._doubtful, entries = (entries, error.results), []
        self._postpone(entries, error)
        self._reserve.free()

    def _postpone(self, entries: list[Entry[Any]], error: Exception | None = None) -> None:
        """Of what is not committed only what happened already waits: ahead of everything else."""
        waiting, self._queue = [*entries, *self._queue], deque()
        for entry in waiting:
            if entry.operation.keep:
                self._queue.append(entry)
            else:
                entry.give_up(error)

    def _back(self) -> bool:
        """All that was kept is committed: go on, if there is room for the next time, too."""
        if not self._reserve.fill():
            return False
        log.info("store is back")
        self._healthy.set()
        return True

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with self._clock.timeout(AFTER):
                await self._closing.wait()

    def _end(self, entries: list[Entry[Any]]) -> None:
        self._ended = True
        doubtful, _ = self._doubtful or ([], ())
        for entry in [*doubtful, *entries, *self._queue]:
            if not entry.future.done():
                entry.give_up()
        self._queue.clear()


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {getattr(error, 'orig', error)}"
