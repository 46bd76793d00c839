"""A real store under a clock that stands still, and a disk that can be broken."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from bridgekit import store as package
from bridgekit.ids import PortalID
from bridgekit.models import Draft, lane_to_matrix
from bridgekit.store import engine as engine_of
from bridgekit.store.engine import make_engine
from bridgekit.store.store import Store, open_store
from bridgekit.testing.clock import VirtualClock

# Some tables stand in the module that uses them: all of them are known to every test here.
for _found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    if ".migrations" not in _found.name:
        importlib.import_module(_found.name)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bridge.db"


@pytest.fixture
def url(database: str) -> str:
    return database


@pytest.fixture
async def store(url: str, clock: VirtualClock) -> AsyncIterator[Store]:
    async with open_store(url, clock) as store:
        yield store


@pytest.fixture
def rows(store: Store) -> Callable:
    """Every row of a table, as tuples, in order."""

    async def read(table: str, columns: str = "*") -> list[tuple]:
        found = await store.reader.all(text(f'SELECT {columns} FROM "{table}"'))
        return sorted((tuple(row) for row in found), key=repr)

    return read


@pytest.fixture
def draft() -> Callable[..., Draft]:
    def build(key: str, *, portal: int = 1, seen: tuple[str, ...] = (), body: str = "{}") -> Draft:
        return Draft(lane_to_matrix(PortalID(portal)), key, "Message", body, f"${key}", 1000, seen)

    return build


class Disk:
    """What the database stands on: `full` takes no further page, `readonly` no write at all."""

    def __init__(self, store: Store) -> None:
        self.full = self.readonly = False
        engine = store.writer._engine.sync_engine
        on_file = engine.dialect.name == "sqlite"
        event.listen(engine, "begin", self._file if on_file else self._server)

    def _file(self, connection) -> None:
        pages = 1 if self.full else 1 << 30
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.exec_driver_sql(f"PRAGMA query_only = {int(self.readonly)}")

    def _server(self, connection) -> None:
        if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
            return  # it reads
        if self.full:  # as PostgreSQL says it
            connection.exec_driver_sql(
                "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: disk full' "
                "USING ERRCODE = 'disk_full'; END $$"
            )
        if self.readonly:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")


async def inside(url: str, do: Callable[[Connection], Any]) -> Any:
    """As something else that uses the database does it: in a transaction of its own."""

    def in_one(connection: Connection) -> Any:
        with connection.begin():
            return do(connection)

    engine = make_engine(url)
    try:
        return await engine_of.inside(engine, in_one)
    finally:
        await engine.dispose()


@pytest.fixture
def disk(store: Store) -> Disk:
    return Disk(store)
