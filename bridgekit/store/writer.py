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
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bridgekit.clock import Clock
from bridgekit.store.reserve import Reserve

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
log = structlog.get_logger()

BATCH = 500  # replaying a batch with one bad operation costs about a millisecond each
RETRY_AFTER = 1.0


class StoreDown(Exception):  # noqa: N818 (a state of the store, caught by name)
    """The store cannot commit now; whoever asked must not acknowledge."""

    def __str__(self) -> str:
        return "The database cannot be written now."


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
            self.then(result)
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # retrieved: whoever waits still gets it


class Writer:
    """Commits operations, many at a time, in the order in which they came."""

    def __init__(self, engine: AsyncEngine, clock: Clock, reserve: Reserve) -> None:
        self._engine, self._clock, self._reserve = engine, clock, reserve
        self._queue: deque[Entry[Any]] = deque()
        self._wake = asyncio.Event()
        self._healthy = asyncio.Event()
        self._healthy.set()
        self._closing = False

    async def write(self, operation: Operation[R], then: Callable[[R], None] | None = None) -> R:
        """Commit `operation`; durable on return. A cancelled caller cancels no commit."""
        return await asyncio.shield(self.submit(operation, then))

    def submit(
        self, operation: Operation[R], then: Callable[[R], None] | None = None
    ) -> asyncio.Future[R]:
        """Queue `operation`. `then` is called right after the commit, in commit order."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append(Entry(operation, future, then))
        self._wake.set()
        return future

    async def healthy(self) -> None:
        """Return once the store can commit: whoever claims work asks first."""
        await self._healthy.wait()

    @property
    def failing(self) -> bool:
        return not self._healthy.is_set()

    async def run(self) -> None:
        """Commit until `close`; everything that was queued by then is committed."""
        connection: AsyncConnection | None = None
        try:
            while True:
                await self._wake.wait()
                if not self._queue:
                    if self._closing:
                        return
                    self._wake.clear()
                    continue
                connection = connection or await self._connect()
                if connection is None or not await self._commit(connection, self._take()):
                    await self._recover(connection)
                    connection = None
        finally:
            if connection is not None:
                with suppress(SQLAlchemyError, OSError):
                    await connection.close()

    def close(self) -> None:
        self._closing = True
        self._wake.set()

    def _take(self) -> list[Entry[Any]]:
        return [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]

    async def _connect(self) -> AsyncConnection | None:
        try:
            return await self._engine.connect()
        except (SQLAlchemyError, OSError) as error:
            log.warning("store unreachable", error=type(error).__name__)
            return None

    async def _commit(self, connection: AsyncConnection, entries: list[Entry[Any]]) -> bool:
        """Commit a batch; False if the store failed: what may not be lost is queued again."""
        try:
            results = await connection.run_sync(_apply, entries)
        except IntegrityError:
            return await self._commit_one_by_one(connection, entries)
        except (DBAPIError, OSError) as error:
            self._put_back(entries, error)
            return False
        except Exception:  # noqa: BLE001 (a broken operation must not take the others with it)
            return await self._commit_one_by_one(connection, entries)
        self._answer(entries, results)
        return True

    async def _commit_one_by_one(
        self, connection: AsyncConnection, entries: list[Entry[Any]]
    ) -> bool:
        try:
            results = await connection.run_sync(_apply_singly, entries)
        except (DBAPIError, OSError) as error:
            self._put_back(entries, error)
            return False
        self._answer(entries, results)
        return True

    def _answer(self, entries: list[Entry[Any]], results: Sequence[Any]) -> None:
        for entry, result in zip(entries, results, strict=True):
            if isinstance(result, Exception):
                log.error("store operation failed", operation=type(entry.operation).__name__)
                entry.fail(result)
            else:
                entry.succeed(result)
        if self.failing:
            log.info("store is back")
            self._reserve.fill()
            self._healthy.set()

    def _put_back(self, entries: list[Entry[Any]], error: Exception) -> None:
        if not self.failing:
            log.error("store failed", error=str(getattr(error, "orig", error)))
        self._healthy.clear()
        kept = []
        for entry in [*entries, *self._queue]:
            if entry.operation.keep:
                kept.append(entry)
            else:
                down = StoreDown()
                down.__cause__ = error
                entry.fail(down)
        self._queue = deque(kept)

    async def _recover(self, connection: AsyncConnection | None) -> None:
        """After a failure: free the reserve, wait, and commit what was kept."""
        if connection is None:
            self._put_back([], ConnectionError("the database cannot be reached"))
        else:
            with suppress(SQLAlchemyError, OSError):
                await connection.close()
        if self._closing:
            for entry in self._queue:
                entry.fail(StoreDown())
            self._queue.clear()
            return
        self._reserve.free()
        await self._clock.sleep(RETRY_AFTER)
        self.submit(Probe())


class Probe:
    """Writes nothing of meaning: a commit that succeeds shows that the store is back."""

    rank: ClassVar[int] = 99
    keep: ClassVar[bool] = True

    @classmethod
    def apply(cls, connection: Connection, operations: Sequence[Probe]) -> Sequence[None]:
        connection.exec_driver_sql("UPDATE meta SET value = value WHERE key = 'instance'")
        return [None] * len(operations)


def _groups(entries: Sequence[Entry[Any]]) -> list[tuple[type[Any], list[int]]]:
    groups: dict[type[Any], list[int]] = {}
    for index, entry in enumerate(entries):
        groups.setdefault(type(entry.operation), []).append(index)
    return sorted(groups.items(), key=lambda group: group[0].rank)


def _apply(connection: Connection, entries: list[Entry[Any]]) -> list[Any]:
    results: list[Any] = [None] * len(entries)
    with connection.begin():
        for kind, places in _groups(entries):
            group = kind.apply(connection, [entries[place].operation for place in places])
            for place, result in zip(places, group, strict=True):
                results[place] = result
    return results


def _apply_singly(connection: Connection, entries: list[Entry[Any]]) -> list[Any]:
    results: list[Any] = [None] * len(entries)
    with connection.begin():
        for kind, places in _groups(entries):
            for place in places:
                try:
                    with connection.begin_nested():
                        (results[place],) = kind.apply(connection, [entries[place].operation])
                except IntegrityError as error:
                    results[place] = error
                except DBAPIError:
                    raise
                except Exception as error:  # noqa: BLE001 (it fails its own future, not the batch)
                    results[place] = error
    return results
