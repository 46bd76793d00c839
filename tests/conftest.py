"""What every test has: a database of its own, the time that it takes, nothing of another test.

The database is a SQLite file, or with BRIDGEKIT_TEST_DATABASE=postgresql one of those. In the
second case only tests that use a database run: those that ask for one, themselves or by a fixture
of theirs (`rig`, `store` …). BRIDGEKIT_TEST_SHARE=4 takes all of these that are about the store or
a rule of delivery, and each fourth of the others.
"""

from __future__ import annotations

import asyncio
import gc
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.web_app import _cached_build_middleware
from hypothesis import HealthCheck, settings

from bridgekit.clock import SystemClock
from bridgekit.store.store import open_store
from bridgekit.testing.clock import under_way
from bridgekit.testing.servers import Postgres
from bridgekit.testing.servers import postgres as run_postgres
from bridgekit.testing.started_once import started_once
from tests.integration.missing import or_skip

# Parts of the tests run at once, beside whatever else the machine does; and all find the same.
settings.register_profile(
    "patient", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

ON_POSTGRESQL = os.environ.get("BRIDGEKIT_TEST_DATABASE") == "postgresql"
SHARE = int(os.environ.get("BRIDGEKIT_TEST_SHARE", "1"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not ON_POSTGRESQL:
        return
    kept = [item for item in items if _on_any_database(item) and _drawn(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def pytest_collection() -> None:
    """Modules are imported, and nothing of them is garbage."""
    gc.disable()


def pytest_collection_finish() -> None:
    """They live to the end: the garbage collector need not look at them again after each test."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _on_any_database(item: pytest.Item) -> bool:
    asked = {"database", "empty_database"} & set(getattr(item, "fixturenames", ()))
    return bool(asked) and item.get_closest_marker("sqlite") is None


def _drawn(item: pytest.Item) -> bool:
    """The same ones each time: by their names alone."""
    always = "tests/core/store/" in item.nodeid or "::test_rule_" in item.nodeid
    return always or zlib.crc32(item.nodeid.encode()) % SHARE == 0


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """aiohttp keeps what a thousand servers answered with, and so each bridge of a test whole.

    The garbage collector, and every fork of an attack, would go through all of them.
    """
    yield
    _cached_build_middleware.cache_clear()


@pytest.fixture(autouse=ON_POSTGRESQL, scope="session")
def _awaited() -> Iterator[None]:
    """No virtual time passes while the server works, as with the thread that has a file."""
    from sqlalchemy.ext.asyncio import engine

    spawn = engine.greenlet_spawn

    async def noted(*args: Any, **options: Any) -> Any:
        with under_way():
            return await spawn(*args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "greenlet_spawn", noted)
        yield


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
        started_once(tmp_path / "bridge.db")
        yield f"sqlite:///{tmp_path / 'bridge.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    renamed = "UPDATE meta SET value = md5(random()::text) WHERE key = 'instance'"
    name = server.make(request.getfixturevalue("template"), renamed)
    yield server.url(name)
    server.drop(name)
