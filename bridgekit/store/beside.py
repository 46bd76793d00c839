"""The database as a second process sees it, beside a bridge that may be running.

Nothing is locked for long, migrated or made; what cannot be read or written is said to people.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bridgekit.errors import DatabaseError
from bridgekit.store.engine import make_engine, sqlite_path
from bridgekit.store.store import Reader, look_into
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
        engine = make_engine(url)
        try:
            async with engine.begin() as connection:
                (result,) = await connection.run_sync(
                    lambda sync: type(operation).apply(sync, [operation])
                )
        finally:
            await engine.dispose()
    return result


@contextmanager
def _explained(url: str) -> Iterator[None]:
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise DatabaseError(
            f"database: {path} does not exist; "
            "start the bridge once, or name the configuration that it runs with"
        )
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        shown = path or make_url(url).render_as_string(hide_password=True)
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise DatabaseError(
            f"database: {shown} cannot be used: {cause}; check that it is this bridge's, "
            "that this release has started on it once, and that this user may read and write it"
        ) from error
