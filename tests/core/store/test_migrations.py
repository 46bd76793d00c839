"""The migrated schema is the declared one, and what an earlier release stored is still there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from bridgekit import codec
from bridgekit.ids import ChatID, JobID, LoginID, NetworkName, PortalKey, RoomID, UserID
from bridgekit.models import PartState
from bridgekit.store import migrations
from bridgekit.store.encryption import EncryptionRows, Place, ReadingKey
from bridgekit.store.jobs import Jobs
from bridgekit.store.migrations import schema as schema_of
from bridgekit.store.migrations import versions
from bridgekit.store.people import People
from bridgekit.store.portals import PortalRows
from bridgekit.store.store import open_store
from bridgekit.store.tables import metadata
from bridgekit.store.transactions import unread
from bridgekit.testing.servers import Postgres
from tests.core.store.conftest import inside

VERSIONS = sorted(Path(versions.__file__).parent.glob("v*.py"))
SAMPLES = Path(__file__).parent / "samples"


def differences(connection: Connection) -> list[Any]:
    migrations.upgrade(connection)
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_migrations_lead_to_the_declared_tables(empty_database) -> None:
    assert await inside(empty_database, differences) == []


def schema(connection: Connection) -> dict[str, Any]:
    """All that a schema consists of, in the order that matters."""
    found = inspect(connection)
    names = sorted(set(found.get_table_names()) - {"alembic_version"})
    return {
        name: {
            "columns": sorted(
                (one["name"], str(one["type"]), one["nullable"], one["default"])
                for one in found.get_columns(name)
            ),
            "key": found.get_pk_constraint(name)["constrained_columns"],
            "unique": sorted(one["column_names"] for one in found.get_unique_constraints(name)),
            "indexes": sorted(_indexes(connection, name)),
        }
        for name in names
    }


def _indexes(connection: Connection, table: str) -> list[str]:
    """As the database itself would say them, with their conditions."""
    if connection.dialect.name == "sqlite":
        query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :t"
    else:
        query = "SELECT indexdef FROM pg_indexes WHERE tablename = :t"
    found = connection.scalars(text(query), {"t": table}).all()
    return [" ".join(one.split()) for one in found if one is not None]


async def test_indexes_are_the_declared_ones(empty_database) -> None:
    """Autogenerate does not compare conditions or the order of columns in a constraint."""

    def made(connection: Connection) -> tuple[dict[str, Any], dict[str, Any]]:
        metadata.create_all(connection)
        declared = schema(connection)
        metadata.drop_all(connection)
        migrations.upgrade(connection)
        return declared, schema(connection)

    declared, migrated = await inside(empty_database, made)
    assert migrated == declared


async def test_a_second_run_changes_nothing(empty_database) -> None:
    def twice(connection: Connection) -> None:
        migrations.upgrade(connection)
        connection.execute(text("INSERT INTO meta VALUES ('made_by', 'bridgekit')"))
        before = schema(connection)
        migrations.upgrade(connection)
        migrations.check_current(connection)
        assert schema(connection) == before

    await inside(empty_database, twice)


def test_revisions_are_known_without_alembic() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert sorted(one.revision for one in scripts.walk_revisions()) == schema_of.REVISIONS
    assert scripts.get_current_head() == schema_of.REVISIONS[-1]


STARTING = """
import asyncio, sys
from bridgekit.clock import SystemClock
from bridgekit.store.store import open_store
async def start():
    async with open_store(sys.argv[1], SystemClock()):
        heavy = {"alembic", "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql"}
        print(*sorted(heavy & sys.modules.keys()))
asyncio.run(start())
"""


@pytest.mark.sqlite
def test_a_start_with_nothing_to_migrate_loads_nothing_for_it(empty_database) -> None:
    def loaded() -> str:
        command = [sys.executable, "-c", STARTING, empty_database]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "alembic" in loaded()
    assert loaded().split() == []


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_a_migration_is_plain_code(file: Path) -> None:
    assert "auto generated" not in file.read_text("utf-8")


@pytest.fixture
def released(empty_database: str, request: pytest.FixtureRequest) -> str:
    """A database as release 0.1.0 left it, with rows in every table."""
    if empty_database.startswith("sqlite"):
        with closing(sqlite3.connect(empty_database.removeprefix("sqlite:///"))) as connection:
            connection.executescript((SAMPLES / "v0001_sqlite.sql").read_text("utf-8"))
    else:
        server: Postgres = request.getfixturevalue("postgres")
        dump = (SAMPLES / "v0001_postgresql.sql").read_text("utf-8")
        server.sql(empty_database.rpartition("/")[2], dump)
    return empty_database


async def test_rule_25_a_released_database_is_upgraded_with_its_content(released, clock) -> None:
    def content(connection: Connection, columns: dict[str, list[str]]) -> dict[str, list[str]]:
        return {
            table: sorted(
                str(tuple(row))
                for row in connection.execute(
                    text(
                        f"SELECT {', '.join(chr(34) + name + chr(34) for name in names)} "
                        f'FROM "{table}"'
                    )
                )
                if row[0] != "run"  # of the release that runs
            )
            for table, names in columns.items()
        }

    def columns(connection: Connection) -> dict[str, list[str]]:
        found = inspect(connection)
        tables = set(found.get_table_names()) - {"alembic_version"}
        return {name: [one["name"] for one in found.get_columns(name)] for name in sorted(tables)}

    old = await inside(released, columns)
    before = await inside(released, lambda connection: content(connection, old))
    assert all(before.values()), "every table has a row"
    async with open_store(released, clock):
        pass
    assert await inside(released, lambda connection: content(connection, old)) == before
    assert await inside(released, differences) == []


async def test_rule_25_a_released_database_means_what_it_meant(released, clock) -> None:
    async with open_store(released, clock) as store:
        jobs, people = Jobs(store.reader), People(store.reader)
        opened = await jobs.open()
        assert [(job.source, job.attempts) for job in opened] == [("$a", 0), ("m1", 0), ("$b", 2)]
        bodies = await jobs.bodies([job.id for job in opened])
        assert codec.load_event(bodies[JobID(1)])["content"]["body"] == "grüße 😀"
        assert codec.load(bodies[JobID(2)]).sender == "bob"
        assert [part.state for part in await jobs.parts(JobID(3))] == [
            PartState.SENT,
            PartState.PLANNED,
        ]
        (dead,) = [one for one in await jobs.listed() if one.dead]
        assert (dead.job.source, dead.error) == ("$c", "It is too long.")
        (outcome,) = await jobs.outcomes("$d", None)
        assert outcome.targets == ("n9",)
        rows = PortalRows(store.reader)
        key = PortalKey(NetworkName("libera"), ChatID("#python"), None)
        portal = await rows.by_key(key)
        assert portal is not None
        assert portal.room == "!room:example.org"
        (link,) = await rows.links(portal.id, outcome.targets[0])
        assert link.event == "$d"
        assert portal.since == link.at, "the first that is known of it"
        assert await people.cursor(LoginID("libera:alice")) == "cursor 7"
        ghost = await people.ghost_of(UserID("@libera_bob:example.org"))
        assert ghost is not None
        assert ghost.name == "Bob 😀"
        assert [one.txn for one in await unread(store.reader)] == ["2"]


async def _python_since(released, clock, statements: list[str]) -> tuple[int | None, str | None]:
    """When its bridging began, and what is noted of its past, after an upgrade with these first."""

    def before(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    await inside(released, before)
    async with open_store(released, clock) as store:
        key = PortalKey(NetworkName("libera"), ChatID("#python"), None)
        portal = await PortalRows(store.reader).by_key(key)
        assert portal is not None
        return portal.since, await People(store.reader).value(NetworkName("libera history"), "1")


_NOTED = "INSERT INTO value (network, key, value) VALUES ('libera history', '1', 'as far as {}')"


async def test_a_chat_of_which_nothing_is_known_begins_with_the_upgrade(released, clock) -> None:
    before = int(time.time() * 1000)
    since, _ = await _python_since(released, clock, ["DELETE FROM link"])
    assert since is not None
    assert since >= before


async def test_a_chat_that_was_empty_when_it_was_linked_is_read_from_its_first_word(
    released, clock
) -> None:
    since, noted = await _python_since(released, clock, [_NOTED.format("")])
    assert datetime.fromtimestamp((since or 0) / 1000, UTC).year == 2000
    assert noted == "read"


async def test_how_far_a_past_was_read_is_known_after_the_upgrade(released, clock) -> None:
    _, noted = await _python_since(released, clock, [_NOTED.format("m7")])
    assert noted == "as far as m7"


async def test_keys_of_rooms_are_their_senders_after_the_upgrade(empty_database, clock) -> None:
    """What was read before is a replay after it, and keys that are gone have no places."""

    def before(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        for statement in (
            "INSERT INTO meta VALUES ('made_by', 'bridgekit'), ('instance', 'i')",
            "INSERT INTO reading_key VALUES ('s1', '!r', '@alice:x', 'c1', 'sealed 1', 0, 1)",
            "INSERT INTO reading_key VALUES ('s2', '!r', '@bot:x', 'c2', 'sealed 2', 1, 2)",
            "INSERT INTO read_place VALUES ('s1', 7, '$a', 3)",
            "INSERT INTO read_place VALUES ('s2', 0, '$b', 4)",
            "INSERT INTO read_place VALUES ('forgotten', 0, '$c', 5)",
        ):
            connection.execute(text(statement))

    await inside(empty_database, before)
    async with open_store(empty_database, clock) as store:
        rows = EncryptionRows(store.reader)
        alice, ghost = UserID("@alice:x"), UserID("@net_bob:x")
        found = await rows.reading_key("s1", alice)
        assert found == ReadingKey("s1", RoomID("!r"), alice, "c1", "sealed 1", ours=False)
        assert await rows.reading_key("s1", ghost) is None
        assert await rows.event_at(Place("s1", alice, 7)) == "$a"
        ours = await rows.reading_key("s2", ghost)
        assert ours is not None
        assert (ours.sender, ours.ours) == ("@bot:x", True)
        assert await rows.highest("s2", ours.sender) == 0
        kept = await store.reader.all(text("SELECT session FROM read_place ORDER BY session"))
        assert [row.session for row in kept] == ["s1", "s2"]
    assert await inside(empty_database, differences) == []
