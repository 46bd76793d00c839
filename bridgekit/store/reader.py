"""Queries: where they go, on a file and on a server, and what is raised when they cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, TextClause
from sqlalchemy.exc import DBAPIError

from bridgekit.store.failure import DATABASE_ERRORS, StoreDown, store_failed
from bridgekit.store.gathering import FileReader
from bridgekit.store.threads import ThreadedEngine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bridgekit.store.threads import AnyEngine

PAGE = 1000

Rows = Sequence[Row[Any]]
Ask = Callable[[TextClause, Mapping[str, Any]], Awaitable[Rows]]


class Reader:
    """Runs queries; sees what is committed. Raises `StoreDown` while that cannot be."""

    def __init__(self, ask: Ask, scan: Ask) -> None:
        self._ask, self._scan = ask, scan

    async def all(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Rows:
        return await _explained(self._ask, statement, values)

    async def first(
        self, statement: TextClause, values: Mapping[str, Any] | None = None
    ) -> Row[Any] | None:
        rows = await self.all(statement, values)
        return rows[0] if rows else None

    async def paged(
        self, statement: TextClause, values: Mapping[str, Any]
    ) -> AsyncIterator[Row[Any]]:
        """What may be very many rows, by their `id`: those behind `:after`, `:limit` at a time."""
        after = 0
        while True:
            rows = await self.all(statement, {**values, "after": after, "limit": PAGE})
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            after = rows[-1].id

    async def scan(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Rows:
        """As `all`, for what may read a whole table: nobody else has to wait for it."""
        return await _explained(self._scan, statement, values)


@asynccontextmanager
async def open_reader(engine: AnyEngine) -> AsyncIterator[Reader]:
    if isinstance(engine, ThreadedEngine):
        async with (
            aclosing(FileReader(engine.sync_engine)) as near,
            aclosing(FileReader(engine.sync_engine)) as far,
        ):
            yield Reader(near.ask, far.ask)
    else:
        ask = _asking(engine)
        yield Reader(ask, ask)


def _asking(engine: AsyncEngine) -> Ask:
    engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def ask(statement: TextClause, values: Mapping[str, Any]) -> Rows:
        async with engine.connect() as connection:
            return (await connection.execute(statement, values)).all()

    async def again(statement: TextClause, values: Mapping[str, Any]) -> Rows:
        try:
            return await ask(statement, values)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # It was cut while nobody used it, as a server's restart does; so were the others.
            return await ask(statement, values)

    return again


async def _explained(ask: Ask, statement: TextClause, values: Mapping[str, Any] | None) -> Rows:
    try:
        return await ask(statement, values or {})
    except DATABASE_ERRORS as error:
        if store_failed(error):
            raise StoreDown from error
        raise
