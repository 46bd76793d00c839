"""The database of a test: a SQLite file, or with BRIDGEKIT_TEST_DATABASE=postgresql one of those.

In the second case only tests that use a database run: those that ask for one, themselves or by a
fixture of theirs (`rig`, `store` …).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridgekit.clock import SystemClock
from bridgekit.store.store import open_store
from bridgekit.testing.servers import Postgres
from bridgekit.testing.servers import postgres as run_postgres
from tests.integration.missing import or_skip

ON_POSTGRESQL = os.environ.get("BRIDGEKIT_TEST_DATABASE") == "postgresql"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not ON_POSTGRESQL:
        return
    kept = [item for item in items if _on_any_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _on_any_database(item: pytest.Item) -> bool:
    asked = {"database", "empty_database"} & set(getattr(item, "fixturenames", ()))
    return bool(asked) and item.get_closest_marker("sqlite") is None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests: leave it running."""
    with or_skip(run_postgres()) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """The name of a database on which a bridge has started once."""
    name = postgres.make()

    async def start() -> None:
        async with open_store(postgres.url(name), SystemClock()):
            pass

    asyncio.run(start())
    return name


@pytest.fixture
def empty_database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database on which no bridge has started yet."""
    if not ON_POSTGRESQL:
        yield f"sqlite:///{tmp_path / 'bridge.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.make()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database that belongs to this test alone."""
    if not ON_POSTGRESQL:
        yield f"sqlite:///{tmp_path / 'bridge.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.make(request.getfixturevalue("template"))
    server.sql(name, "UPDATE meta SET value = md5(random()::text) WHERE key = 'instance'")
    yield server.url(name)
    server.drop(name)
