"""A PostgreSQL that is cut off, killed, restarted or taken over in the middle (rule 24)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import event

from bridgekit.errors import DatabaseError
from bridgekit.ids import JobID
from bridgekit.models import Part
from bridgekit.store.changes import latest
from bridgekit.store.failure import StoreDown
from bridgekit.store.intake import AcceptTransaction, Put
from bridgekit.store.progress import NotePart
from bridgekit.store.store import open_store
from bridgekit.testing.servers import Postgres
from bridgekit.testing.servers import postgres as run_postgres
from tests.core.store.wire import wire_to
from tests.integration.missing import or_skip

pytestmark = pytest.mark.postgres


def sent(number: int) -> NotePart:
    return NotePart(JobID(number), Part(0, f"t{number}"))


def taken(txn: str) -> AcceptTransaction:
    return AcceptTransaction(txn, f"digest of {txn}", "{}", at=1)


@pytest.fixture
def made(postgres: Postgres) -> Iterator[str]:
    name = postgres.make()
    yield name
    postgres.drop(name)


@pytest.fixture
def url(postgres: Postgres, made: str) -> str:
    return postgres.url(made)


@pytest.fixture
async def wired(postgres, made, clock) -> AsyncIterator:
    """A store at the far end of a wire."""
    async with wire_to(postgres.port) as (wire, port):
        far = postgres.url(made).replace(f":{postgres.port}/", f":{port}/")
        async with open_store(far, clock) as store:
            yield store, wire


async def until_healthy(clock, store) -> None:
    while store.writer.failing:
        await clock.advance(1)


async def test_rule_24_a_commit_whose_answer_is_lost_ends_as_it_ended(
    wired, clock, draft, postgres, made
) -> None:
    store, wire = wired
    order: list[str] = []
    wire.lose = "answer"
    new = store.writer.submit(Put([draft("a")], at=1), lambda _: order.append("new"))
    kept = store.writer.submit(sent(7), lambda _: order.append("kept"))
    await wire.cut.wait()
    await clock.wait_for_timer(within=1)
    assert not new.done(), "nobody is told what nobody knows"
    await until_healthy(clock, store)
    assert await new == (1,)
    assert await kept is None
    assert order == ["new", "kept"]
    assert postgres.sql(made, "SELECT id, key FROM job") == "1|a"
    assert await store.writer.write(Put([draft("a")], at=1)) == (None,)


async def test_rule_24_a_commit_that_never_arrived_did_not_take_place(
    wired, clock, draft, postgres, made
) -> None:
    store, wire = wired
    wire.lose = "question"
    new, kept = store.writer.submit(Put([draft("a")], at=1)), store.writer.submit(sent(7))
    await wire.cut.wait()
    await clock.wait_for_timer(within=1)
    await until_healthy(clock, store)
    with pytest.raises(StoreDown):
        await new
    await kept
    assert postgres.sql(made, "SELECT count(*) FROM job") == "0"
    assert postgres.sql(made, "SELECT job FROM part") == "7"
    assert await store.writer.write(Put([draft("a")], at=1)) == (1,)


async def test_closing_finds_out_what_became_of_a_commit_in_doubt(
    postgres, made, clock, draft
) -> None:
    async with wire_to(postgres.port) as (wire, port):
        far = postgres.url(made).replace(f":{postgres.port}/", f":{port}/")
        async with open_store(far, clock) as store:
            wire.lose = "answer"
            new = store.writer.submit(Put([draft("a")], at=1))
            await wire.cut.wait()
        assert await new == (1,)


async def test_rule_24_what_was_acknowledged_survives_a_kill_and_the_bridge_goes_on(
    clock, draft
) -> None:
    with or_skip(run_postgres()) as server:
        name = server.make()
        async with open_store(server.url(name), clock) as store:
            ids = [await store.writer.write(Put([draft(f"j{one}")], at=1)) for one in range(20)]
            server.kill()
            refused, kept = store.writer.submit(taken("1")), store.writer.submit(sent(7))
            with pytest.raises(StoreDown):
                await refused
            with pytest.raises(StoreDown):
                await latest(store.reader, 1)
            await clock.wait_for_timer(within=1)
            await clock.advance(1)
            assert not kept.done()
            server.start()
            await until_healthy(clock, store)
            await kept
            await store.writer.write(taken("2"))
        assert ids == [(one + 1,) for one in range(20)]
        assert server.sql(name, "SELECT count(*) FROM job") == "20"
        assert server.sql(name, 'SELECT txn FROM "transaction"') == "2"


async def test_connections_that_an_administrator_ends_are_opened_anew(
    url, clock, postgres, made
) -> None:
    async with open_store(url, clock) as store:
        await asyncio.gather(*(latest(store.reader, 1) for _ in range(5)))
        postgres.sql(
            "postgres",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{made}'",
        )
        assert await latest(store.reader, 1) == [], "a reader notices nothing"
        kept = store.writer.submit(sent(7))
        await clock.wait_for_timer(within=1)
        await until_healthy(clock, store)
        await kept


async def test_a_transaction_that_met_another_one_is_tried_again_at_once(url, clock) -> None:
    async with open_store(url, clock) as store:
        codes = ["deadlock_detected", "serialization_failure"]

        def begin(connection) -> None:
            if codes:
                connection.exec_driver_sql(
                    f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{codes.pop()}'; END $$"
                )

        event.listen(store.writer._engine.sync_engine, "begin", begin)
        await store.writer.write(taken("1"))
        assert codes == []
        assert not store.writer.failing


@pytest.mark.parametrize("at_work", [True, False], ids=["is at work", "has ended"])
async def test_a_bridge_that_lost_its_database_to_another_one_stops(
    postgres, made, clock, draft, at_work
) -> None:
    async with wire_to(postgres.port) as (wire, port):
        far = postgres.url(made).replace(f":{postgres.port}/", f":{port}/")
        gone = asyncio.Event()

        async def first() -> None:
            async with open_store(far, clock) as store:
                wire.down = True
                wire.hang_up()
                kept = store.writer.submit(sent(7))
                await clock.wait_for_timer(within=1)
                gone.set()
                await kept

        running = asyncio.create_task(first())
        await gone.wait()
        async with AsyncExitStack() as other:
            second = await other.enter_async_context(open_store(postgres.url(made), clock))
            await second.writer.write(Put([draft("a")], at=1))
            if not at_work:
                await other.aclose()
            wire.down = False
            async with asyncio.timeout(60):
                while not running.done():
                    await clock.advance(1)
        with pytest.raises(DatabaseError, match="another bridgekit has used") as caught:
            await running
        assert "only one bridge" in str(caught.value)
        assert postgres.sql(made, "SELECT count(*) FROM part") == "0", "and nothing was written"
