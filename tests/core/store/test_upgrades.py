"""An upgrade of the database is announced, copied before, and whole or not at all."""

from __future__ import annotations

import pkgutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridgekit.errors import DatabaseError
from bridgekit.store import migrations
from bridgekit.store.copying import look, put_back
from bridgekit.store.migrations import versions
from bridgekit.store.store import open_store

pytestmark = pytest.mark.sqlite
NEWEST = max(found.name[1:5] for found in pkgutil.iter_modules(versions.__path__))
SAMPLE = Path(__file__).parent / "samples" / "v0001_sqlite.sql"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of the oldest release, with data in it."""
    path = tmp_path / "bridge.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SAMPLE.read_text("utf-8"))
    return path


def dumped(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


async def test_an_upgrade_is_announced_and_what_was_there_is_copied_before(old, clock) -> None:
    before = dumped(old)
    with capture_logs() as logs:
        async with open_store(f"sqlite:///{old}", clock) as store:
            assert store.upgraded == f"0001 to {NEWEST}"
    copy = old.with_name(f"bridge.db.before-{NEWEST}")
    assert dumped(copy) == before
    said = {entry["event"]: entry for entry in logs}
    assert said["before the upgrade the database was copied"]["copy"] == str(copy)
    upgraded = said["the database is upgraded"]
    assert (upgraded["from_schema"], upgraded["to_schema"]) == ("0001", NEWEST)


async def test_a_start_with_nothing_to_upgrade_copies_and_says_nothing(old, clock) -> None:
    async with open_store(f"sqlite:///{old}", clock):
        pass
    old.with_name(f"bridge.db.before-{NEWEST}").unlink()
    with capture_logs() as logs:
        async with open_store(f"sqlite:///{old}", clock):
            pass
    assert not logs
    assert not list(old.parent.glob("*.before-*"))


async def test_an_upgrade_that_fails_leaves_what_was_there(old, clock, monkeypatch) -> None:
    before = dumped(old)

    def halfway(connection) -> None:
        connection.exec_driver_sql("ALTER TABLE job ADD COLUMN half TEXT")
        raise sqlite3.OperationalError("the disk is full")

    monkeypatch.setattr(migrations, "upgrade", halfway)
    with pytest.raises(DatabaseError):
        async with open_store(f"sqlite:///{old}", clock):
            pass
    assert dumped(old) == before
    monkeypatch.undo()
    async with open_store(f"sqlite:///{old}", clock):
        pass
    assert look(old).revision == NEWEST


async def test_the_copy_from_before_an_upgrade_can_be_put_back_and_upgraded_again(
    old, clock
) -> None:
    async with open_store(f"sqlite:///{old}", clock) as store:
        instance = store.instance
    put_back(old.with_name(f"bridge.db.before-{NEWEST}"), old, "now")
    assert look(old).revision == "0001"
    async with open_store(f"sqlite:///{old}", clock) as store:
        assert store.instance == instance


async def test_a_newer_schema_is_refused_and_left_as_it_is(old, clock) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = dumped(old)
    with pytest.raises(DatabaseError, match="newer bridgekit \\(schema 9999\\)"):
        async with open_store(f"sqlite:///{old}", clock):
            pass
    assert dumped(old) == before
    assert not list(old.parent.glob("*.before-*"))
