"""The database as a second process sees it, beside a bridge that may be running.

Nothing is locked for long, migrated or made; what cannot be read or written is said to people.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar, cast

from bridgekit.errors import DatabaseError
from bridgekit.store import batch
from bridgekit.store.engine import explained, inside, open_beside
from bridgekit.store.failure import DATABASE_ERRORS, StoreDown
from bridgekit.store.reader import Reader
from bridgekit.store.store import look_into
from bridgekit.store.writer import Operation

R = TypeVar("R")


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Reader]:
    """Read what is committed. Raises `DatabaseError`, also if there is no database yet."""
    with _explained(url):
        async with look_into(url) as reader:
            yield reader


async def commit(url: str, operation: Operation[R]) -> R:
    """Commit one operation, between two commits of the bridge. Raises `DatabaseError`."""
    with _explained(url):
        async with open_beside(url) as engine:
            (result,) = await inside(
                engine, lambda connection: batch.commit(connection, [operation])
            )
    if isinstance(result, Exception):
        raise result
    return cast("R", result)


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except DatabaseError:
        raise
    except (*DATABASE_ERRORS, StoreDown) as error:
        raise explained(url, error.__cause__ if isinstance(error, StoreDown) else error) from error
