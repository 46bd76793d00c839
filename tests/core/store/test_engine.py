"""Opening a database, whichever it is: made, locked, checked, and told in sentences why not."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from sqlalchemy import text

from bridgekit.errors import DatabaseError
from bridgekit.store import migrations
from bridgekit.store.beside import commit, reading
from bridgekit.store.changes import latest, note
from bridgekit.store.intake import Put
from bridgekit.store.jobs import Jobs
from bridgekit.store.store import look_into, open_store
from tests.core.store.conftest import inside

HOLDER = """
import asyncio, sys
from bridgekit.clock import SystemClock
from bridgekit.store.store import open_store
async def hold():
    async with open_store(sys.argv[1], SystemClock()):
        print("open", flush=True)
        await asyncio.Event().wait()
asyncio.run(hold())
"""


async def refusal(url: str, clock) -> str:
    with pytest.raises(DatabaseError) as caught:
        async with open_store(url, clock):
            pass
    return str(caught.value)


async def looked(url: str) -> str:
    with pytest.raises(DatabaseError) as caught:
        async with reading(url) as reader:
            await Jobs(reader).open()
    return str(caught.value)


async def change(url: str, *statements: str) -> None:
    """Something else writes to the database."""
    await inside(url, lambda other: [other.execute(text(one)) for one in statements])


async def test_an_empty_database_is_made_ours_and_keeps_its_name(empty_database, clock) -> None:
    async with open_store(empty_database, clock) as store:
        first = store.instance
    assert len(first) == 32
    async with open_store(empty_database, clock) as store:
        assert store.instance == first


async def test_errors_do_not_carry_what_was_written(store) -> None:
    with pytest.raises(Exception, match=r"no such table|does not exist") as caught:
        await store.reader.all(
            text("SELECT * FROM nowhere WHERE a = CAST(:a AS TEXT)"), {"a": "a secret"}
        )
    assert "secret" not in str(caught.value)


async def test_a_second_process_is_refused_until_the_first_is_killed(url, clock) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, url, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"open\n"
        why = await refusal(url, clock)
    finally:
        holder.kill()
        await holder.wait()
    assert "in use by another bridgekit" in why
    assert "stop that one first" in why
    async with open_store(url, clock):
        pass  # the lock of a killed process is gone with it


@pytest.mark.usefixtures("store")
async def test_the_same_process_cannot_open_it_twice_either(url, clock) -> None:
    assert "in use by another bridgekit" in await refusal(url, clock)


@pytest.mark.parametrize(
    "schema",
    [
        ["CREATE TABLE notes (body TEXT)"],
        ["CREATE TABLE meta (a INTEGER)"],
        [
            "CREATE TABLE meta (key TEXT, value TEXT)",
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('0001')",
        ],
    ],
)
async def test_a_database_of_something_else_is_left_alone(empty_database, clock, schema) -> None:
    await change(empty_database, *schema)
    for why in (await refusal(empty_database, clock), await looked(empty_database)):
        assert "belongs to something else" in why
        assert "name a file or database that is empty or bridgekit's own" in why


async def test_a_newer_database_is_left_alone(url, clock) -> None:
    async with open_store(url, clock):
        pass
    await change(url, "UPDATE alembic_version SET version_num = '9999'")
    for why in (await refusal(url, clock), await looked(url)):
        assert "was written by a newer bridgekit (schema 9999)" in why
        assert "run that release again" in why


async def test_a_migration_that_fails_leaves_the_database_as_it_was(
    url, clock, monkeypatch
) -> None:
    async with open_store(url, clock) as store:
        await store.writer.write(note(1, "start"))

    def broken(connection) -> None:
        connection.execute(text("ALTER TABLE job ADD COLUMN half TEXT"))
        connection.execute(text("CREATE TABLE half (done TEXT)"))
        connection.execute(text("SELECT nonsense"))

    monkeypatch.setattr(migrations, "upgrade", broken)
    assert "cannot be used" in await refusal(url, clock)
    monkeypatch.undo()
    async with open_store(url, clock) as store:
        assert [change.what for change in await latest(store.reader, 10)] == ["start"]
        with pytest.raises(Exception, match=r"no such table|does not exist"):
            await store.reader.all(text("SELECT * FROM half"))


async def test_one_may_look_into_a_database_in_use(store, url, draft) -> None:
    await store.writer.write(Put([draft("a")], at=1))
    async with look_into(url) as reader:
        assert [job.key for job in await Jobs(reader).open()] == ["a"]
        await store.writer.write(Put([draft("b")], at=1))
        assert [job.key for job in await Jobs(reader).open()] == ["a", "b"]


async def test_a_command_may_commit_beside_a_bridge(store, url) -> None:
    await commit(url, note(7, "queue retry"))
    assert [change.what for change in await latest(store.reader, 10)] == ["queue retry"]
    await store.writer.write(note(8, "stop"))


async def test_looking_into_an_empty_database_says_so(empty_database) -> None:
    await change(empty_database, "SELECT 1")
    assert "is empty: no bridge has started on it yet" in await looked(empty_database)


async def test_looking_into_an_older_database_does_not_migrate_it(url, clock) -> None:
    async with open_store(url, clock):
        pass
    await change(url, "UPDATE alembic_version SET version_num = '0001'")
    assert "was written by an older bridgekit" in await looked(url)
