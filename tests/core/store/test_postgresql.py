"""Opening PostgreSQL: checked, locked, and told in sentences why not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bridgekit.errors import DatabaseError
from bridgekit.store.beside import reading
from bridgekit.store.changes import latest, note
from bridgekit.store.jobs import Jobs
from bridgekit.store.store import open_store
from bridgekit.testing.servers import Postgres, ServerMissing, postgres_server
from bridgekit.testing.servers import postgres as run_postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def made(postgres: Postgres) -> Iterator[str]:
    name = postgres.make()
    yield name
    postgres.drop(name)


@pytest.fixture
def url(postgres: Postgres, made: str) -> str:
    return postgres.url(made)


async def refusal(url: str, clock) -> str:
    with pytest.raises(DatabaseError) as caught:
        async with open_store(url, clock):
            pass
    return str(caught.value)


@pytest.fixture
def locked_user(postgres: Postgres) -> str:
    """Somebody who needs a password, and may do nothing."""
    rules = postgres.folder / "data" / "pg_hba.conf"
    rule = "host all locked 127.0.0.1/32 scram-sha-256\n"
    if rule not in rules.read_text("utf-8"):
        rules.write_text(rule + rules.read_text("utf-8"), "utf-8")
        postgres.sql("postgres", "CREATE ROLE locked LOGIN PASSWORD 'right'")
        postgres.sql("postgres", "SELECT pg_reload_conf()")
    return "locked"


def test_a_server_that_is_not_installed_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(postgres_server, "_PROGRAMS", Path("/nowhere"))
    monkeypatch.setattr(shutil, "which", lambda *_: None)
    with pytest.raises(ServerMissing, match="install the package postgresql"), run_postgres():
        pass


async def test_an_unreachable_server_is_named_without_the_password(clock) -> None:
    why = await refusal("postgresql://bridge:secret@127.0.0.1:1/bridge?password=secret", clock)
    assert "postgresql://bridge:***@127.0.0.1:1/bridge cannot be used" in why
    assert "check that the server runs and that host and port" in why
    assert "secret" not in why


async def test_a_wrong_password_is_said(url, clock, locked_user) -> None:
    why = await refusal(url.replace("test@", f"{locked_user}:wrong@"), clock)
    assert "password authentication failed" in why
    assert "correct the user and the password in the URL" in why
    assert "wrong" not in why


async def test_a_missing_user_is_said(url, clock) -> None:
    why = await refusal(url.replace("test@", "stranger@"), clock)
    assert 'role "stranger" does not exist' in why
    assert "let this user in" in why


async def test_a_missing_database_is_said(postgres, clock) -> None:
    why = await refusal(postgres.url("nowhere"), clock)
    assert 'database "nowhere" does not exist' in why
    assert "createdb" in why


async def test_missing_rights_are_said(url, clock, locked_user) -> None:
    why = await refusal(url.replace("test@", f"{locked_user}:right@"), clock)
    assert "permission denied for schema public" in why
    assert "make it the owner of the database" in why


async def test_an_encoding_that_cannot_hold_everything_is_refused(postgres, clock) -> None:
    name = postgres.make("template0 ENCODING 'LATIN1'")
    try:
        why = await refusal(postgres.url(name), clock)
    finally:
        postgres.drop(name)
    assert "its encoding is LATIN1" in why
    assert "--encoding UTF8" in why


async def test_a_copy_that_only_reads_is_refused(postgres, made, url, clock) -> None:
    async with open_store(url, clock):
        pass
    postgres.sql("postgres", f"ALTER DATABASE {made} SET default_transaction_read_only = on")
    why = await refusal(url, clock)
    assert "read-only" in why
    assert "name the primary server" in why


@pytest.mark.parametrize(
    "damage",
    [
        lambda url: url.replace("127.0.0.1:", "127.0.0.1:x"),
        lambda url: url + "?sslmode=nonsense",
        lambda url: url + "?nonsense=1",
    ],
)
async def test_a_url_that_is_wrong_is_an_answer_not_a_traceback(url, clock, damage) -> None:
    assert "cannot be used" in await refusal(damage(url), clock)


async def test_the_url_takes_what_libpq_takes(postgres, made, clock) -> None:
    options = f"host={postgres.folder}&port={postgres.port}&sslmode=prefer&user=test"
    async with open_store(f"postgres:///{made}?{options}", clock) as store:
        await store.writer.write(note(1, "start"))
        assert [change.what for change in await latest(store.reader, 1)] == ["start"]


async def test_a_server_that_acknowledges_too_early_is_told_not_to(url, clock) -> None:
    async with open_store(url, clock) as store:
        shown: list[str | None] = []

        class Look:
            rank, keep = 0, False

            @classmethod
            def apply(cls, connection, operations):
                shown.append(connection.scalar(text("SHOW synchronous_commit")))
                return [None] * len(operations)

        await store.writer.write(Look())
        assert shown == ["on"], "its own setting is off"


async def test_who_holds_it_is_named(postgres, made, url, clock) -> None:
    async with open_store(url, clock):
        why = await refusal(url, clock)
    assert f"postgresql://test@127.0.0.1:{postgres.port}/{made} is in use" in why
    assert "(from 127.0.0.1, server process " in why


async def test_two_databases_of_one_server_are_two_bridges(postgres, url, clock) -> None:
    other = postgres.make()
    async with open_store(url, clock) as one, open_store(postgres.url(other), clock) as two:
        assert one.instance != two.instance
    postgres.drop(other)


async def test_looking_does_not_wait_for_the_bridge(url, clock) -> None:
    async with open_store(url, clock), reading(url) as reader:
        assert await Jobs(reader).open() == []
