"""Opening a SQLite file: made, locked, checked, and told in sentences why not."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import event, text

from bridgekit.errors import DatabaseError
from bridgekit.store.beside import reading
from bridgekit.store.changes import latest, note
from bridgekit.store.checkpoints import MOST
from bridgekit.store.engine import make_engine
from bridgekit.store.jobs import Jobs
from bridgekit.store.store import open_store
from bridgekit.store.threads import ThreadedEngine

pytestmark = pytest.mark.sqlite

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


@pytest.fixture
def url(empty_database: str) -> str:
    """Of a file that is not there yet."""
    return empty_database


async def refusal(url: str, clock) -> str:
    with pytest.raises(DatabaseError) as caught:
        async with open_store(url, clock):
            pass
    return str(caught.value)


@contextmanager
def nobody() -> Iterator[Path]:
    """A folder of an ordinary user's, whose rights count: root may write everywhere."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


async def test_a_missing_file_is_made_and_keeps_its_name(path, url, clock) -> None:
    async with open_store(url, clock) as store:
        first = store.instance
    assert path.exists()
    assert len(first) == 32
    async with open_store(url, clock) as store:
        assert store.instance == first


async def test_two_databases_have_two_names(tmp_path, clock) -> None:
    names = set()
    for name in ("a", "b"):
        async with open_store(f"sqlite:///{tmp_path / name}.db", clock) as store:
            names.add(store.instance)
    assert len(names) == 2


async def test_a_path_may_have_spaces_and_any_letters(tmp_path, clock) -> None:
    path = tmp_path / "ein Ordner" / "brücke 100%.db"
    path.parent.mkdir()
    async with open_store(f"sqlite:///{path}", clock):
        assert path.exists()


async def test_the_settings_are_those_that_durability_stands_on(store) -> None:
    async def pragma(name: str) -> object:
        row = await store.reader.first(text(f"PRAGMA {name}"))
        assert row is not None
        return row[0]

    assert await pragma("journal_mode") == "wal"
    assert await pragma("synchronous") == 2, "FULL"
    assert await pragma("busy_timeout") == 5000
    assert await pragma("wal_autocheckpoint") == MOST


async def test_writes_take_the_lock_at_once_and_reads_never_do(store) -> None:
    statements: list[str] = []
    await store.writer.write(note(1, "start"))
    await store.writer._connection.run_sync(
        lambda writing: writing.connection.set_trace_callback(statements.append)
    )
    await store.writer.write(note(1, "next"))
    await latest(store.reader, 1)
    assert [one for one in statements if one.startswith("BEGIN")] == ["BEGIN IMMEDIATE"]


async def test_a_second_process_is_refused_and_told_who_holds_it(path, url, clock) -> None:
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
    assert str(path) in why
    assert f"(process {holder.pid})" in why
    assert "stop that one first" in why
    async with open_store(url, clock):
        pass  # the lock of a killed process is gone with it


async def test_who_is_cancelled_while_it_opens_leaves_nothing_open(url) -> None:
    engine = make_engine(url)
    assert isinstance(engine, ThreadedEngine)
    at_it, go_on, over = threading.Event(), threading.Event(), threading.Event()
    where: list[int] = []

    def slowly(*_: object) -> None:
        where.append(threading.get_ident())
        at_it.set()
        go_on.wait(60)

    def closed(*_: object) -> None:
        where.append(threading.get_ident())
        over.set()

    event.listen(engine.sync_engine, "connect", slowly)
    event.listen(engine.sync_engine, "close", closed)
    opening = asyncio.ensure_future(engine.connect())
    await asyncio.to_thread(at_it.wait, 10)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not over.is_set()
    go_on.set()
    assert await asyncio.to_thread(over.wait, 10)
    assert len(set(where)) == 1, "by its own thread, not by the garbage collector in another one"


async def test_a_folder_that_is_missing_is_named(tmp_path, clock) -> None:
    why = await refusal(f"sqlite:///{tmp_path / 'no' / 'bridge.db'}", clock)
    assert f"there is no folder {tmp_path / 'no'}" in why
    assert "make that folder" in why


async def test_a_folder_that_may_not_be_written_is_named(clock) -> None:
    with nobody() as home:
        folder = home / "own"
        folder.mkdir()
        folder.chmod(0o555)
        why = await refusal(f"sqlite:///{folder / 'bridge.db'}", clock)
    assert f"{folder / 'bridge.db'} cannot be written: Permission denied" in why
    assert "give this user the right to write its folder" in why


async def test_a_file_that_may_not_be_written_is_named(clock) -> None:
    with nobody() as folder:
        path = folder / "bridge.db"
        async with open_store(f"sqlite:///{path}", clock):
            pass
        path.chmod(0o444)
        why = await refusal(f"sqlite:///{path}", clock)
    assert f"{path} cannot be used: attempt to write a readonly database" in why
    assert "check that" in why


async def test_a_folder_in_its_place_is_named(path, url, clock) -> None:
    path.mkdir()
    assert f"{path} cannot be used: unable to open database file" in await refusal(url, clock)


@pytest.mark.parametrize("content", [b"homeserver: {url: x}\n" * 100, os.urandom(8192)])
async def test_a_file_of_another_kind_is_left_alone(path, url, clock, content) -> None:
    path.write_bytes(content)
    why = await refusal(url, clock)
    assert f"{path} is something else, not a SQLite database; name another file" in why
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE notes (body TEXT)",
        "CREATE TABLE meta (a INTEGER)",
        """
        CREATE TABLE meta (key TEXT, value TEXT);
        CREATE TABLE alembic_version (version_num TEXT);
        INSERT INTO alembic_version VALUES ('0001');
        """,
    ],
)
async def test_a_database_of_something_else_is_left_alone(path, url, clock, schema) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.executescript(schema)
    before = path.read_bytes()
    why = await refusal(url, clock)
    assert f"{path} belongs to something else" in why
    assert "name a file or database that is empty or bridgekit's own" in why
    assert path.read_bytes() == before, "not even its journal mode changes"


async def looked(url: str) -> str:
    with pytest.raises(DatabaseError) as caught:
        async with reading(url) as reader:
            await Jobs(reader).open()
    return str(caught.value)


async def test_looking_makes_no_database(path, url) -> None:
    assert f"{path} does not exist" in await looked(url)
    assert not path.exists()


async def test_looking_into_something_else_says_so(path, url) -> None:
    path.write_bytes(b"")
    assert f"{path} is empty: no bridge has started on it yet" in await looked(url)
    path.write_text("no database at all, but text. " * 200)
    assert f"{path} is something else, not a SQLite database" in await looked(url)
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE notes (body TEXT)")
    assert f"{path} belongs to something else" in await looked(url)


async def test_what_people_wrote_is_for_this_user_only(path, url, clock) -> None:
    before = os.umask(0o022)
    try:
        async with open_store(url, clock):
            beside = [*path.parent.glob(f"{path.name}-*"), path.with_name(path.name + ".lock")]
            assert not any(file.stat().st_mode & 0o077 for file in [path, *beside])
    finally:
        os.umask(before)
