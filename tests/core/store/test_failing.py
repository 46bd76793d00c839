"""A store that cannot commit for a while (delivery rule 24)."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import event, text

from bridgekit.ids import JobID
from bridgekit.models import Part
from bridgekit.store import reserve
from bridgekit.store.failure import StoreDown
from bridgekit.store.intake import AcceptTransaction, Put
from bridgekit.store.jobs import Jobs
from bridgekit.store.progress import NotePart
from bridgekit.store.store import open_store
from bridgekit.testing.clock import settle
from tests.core.store.conftest import Disk

BIG = "x" * 200_000


def sent(number: int, body: str | None = None) -> NotePart:
    """A record of something that happened already."""
    return NotePart(JobID(number), Part(0, f"t{number}", body=body))


def taken(txn: str, body: str = "{}") -> AcceptTransaction:
    return AcceptTransaction(txn, f"digest of {txn}", body, at=1)


@pytest.fixture
def reserved(path: Path) -> Path:
    return path.with_name(path.name + ".reserve")


async def recover(clock, store) -> None:
    await clock.wait_for_timer(within=1)
    await clock.advance(1)
    await store.writer.healthy()


async def test_rule_24_a_full_disk_refuses_new_things_at_once(store, disk, rows) -> None:
    disk.full = True
    with pytest.raises(StoreDown) as caught:
        await store.writer.write(taken("1", BIG))
    assert "full" in str(caught.value.__cause__)
    assert store.writer.failing
    refused = store.writer.submit(taken("2"))
    assert isinstance(refused.exception(), StoreDown), "without waiting for another try"
    assert await rows("transaction") == []


@pytest.mark.parametrize("how", ["full", "readonly"])
async def test_rule_24_what_was_sent_is_kept_and_committed_first(
    store, disk, clock, rows, how
) -> None:
    order: list[str] = []
    setattr(disk, how, True)
    first = store.writer.submit(sent(1, BIG), lambda _: order.append("kept 1"))
    doomed = store.writer.submit(taken("1"))
    with pytest.raises(StoreDown):
        await doomed
    second = store.writer.submit(sent(2), lambda _: order.append("kept 2"))
    healthy = asyncio.create_task(store.writer.healthy())
    await clock.wait_for_timer(within=1)
    await clock.advance(1)
    await clock.wait_for_timer(within=1)
    assert not first.done()
    assert not second.done()
    assert not healthy.done(), "nothing is claimed meanwhile"
    setattr(disk, how, False)
    await clock.advance(1)
    await asyncio.gather(first, second, healthy)
    await store.writer.write(taken("2"), lambda _: order.append("new"))
    assert order == ["kept 1", "kept 2", "new"]
    assert [row[0] for row in await rows("part", "job")] == [1, 2]
    assert [row[0] for row in await rows("transaction", "txn")] == ["2"]


@pytest.mark.sqlite
async def test_rule_24_the_reserve_is_there_freed_and_filled_again(
    store, disk, clock, reserved
) -> None:
    assert reserved.stat().st_size == reserve.SIZE
    disk.readonly = True
    kept = store.writer.submit(sent(1))
    await clock.wait_for_timer(within=1)
    assert not reserved.exists()
    disk.readonly = False
    await clock.advance(1)
    await kept
    await store.writer.healthy()
    assert reserved.stat().st_size == reserve.SIZE


@pytest.mark.sqlite
async def test_new_things_wait_until_the_reserve_is_filled(store, disk, clock, reserved) -> None:
    disk.readonly = True
    kept = store.writer.submit(sent(1))
    await clock.wait_for_timer(within=1)
    reserved.mkdir()  # its space is not to be had
    disk.readonly = False
    await clock.advance(1)
    await kept
    await clock.wait_for_timer(within=1)
    assert store.writer.failing, "what was sent is safe, but the next time would not be"
    with pytest.raises(StoreDown):
        await store.writer.write(taken("1"))
    reserved.rmdir()
    await recover(clock, store)
    await store.writer.write(taken("1"))


async def test_a_store_that_only_refuses_new_things_comes_back_by_itself(
    store, disk, clock
) -> None:
    disk.readonly = True
    with pytest.raises(StoreDown):
        await store.writer.write(taken("1"))
    for _ in range(3):
        await clock.wait_for_timer(within=1)
        await clock.advance(1)
        assert store.writer.failing
    await clock.wait_for_timer(within=1)
    disk.readonly = False
    await recover(clock, store)
    await store.writer.write(taken("1"))


async def test_a_lost_connection_is_opened_anew(store, clock, monkeypatch, rows) -> None:
    engine, attempts = store.writer._engine, []

    class Unreachable:
        async def connect(self) -> None:
            attempts.append(clock.monotonic())
            raise ConnectionRefusedError

    await store.writer.write(sent(1))
    monkeypatch.setattr(store.writer, "_engine", Unreachable())

    def cut(*_: object) -> None:
        raise OSError("connection reset")

    event.listen(engine.sync_engine, "begin", cut)
    kept = store.writer.submit(sent(2))
    for _ in range(3):
        await clock.wait_for_timer(within=1)
        await clock.advance(1)
    await clock.wait_for_timer(within=1)
    assert attempts == [1, 2, 3]
    event.remove(engine.sync_engine, "begin", cut)
    monkeypatch.setattr(store.writer, "_engine", engine)
    await clock.advance(1)
    await kept
    assert len(await rows("part")) == 2


async def test_an_outage_leaves_no_heap_of_probes(store, disk, clock) -> None:
    disk.readonly = True
    kept = store.writer.submit(sent(1))
    for _ in range(20):
        await clock.wait_for_timer(within=1)
        await clock.advance(1)
    await clock.wait_for_timer(within=1)
    assert len(store.writer._queue) == 1
    disk.readonly = False
    await recover(clock, store)
    await kept


async def test_a_bad_kept_operation_does_not_take_the_store_for_failed(store, rows) -> None:
    bad = store.writer.submit(NotePart(JobID(1), Part(0, {})))  # type: ignore[arg-type]
    good = store.writer.submit(sent(2))
    with pytest.raises(Exception, match=r"bind|str"):
        await bad
    await good
    assert not store.writer.failing
    assert len(await rows("part")) == 1


@pytest.mark.sqlite
async def test_closing_tries_once_more_and_then_gives_up(url, clock, reserved) -> None:
    async with open_store(url, clock) as store:
        engine = store.writer._engine.sync_engine
        begun: list[bool] = []

        def refuse(connection) -> None:
            begun.append(reserved.exists())
            connection.exec_driver_sql("PRAGMA query_only = 1")

        event.listen(engine, "begin", refuse)
        kept, new = store.writer.submit(sent(1)), store.writer.submit(taken("1"))
    assert begun == [True, False], "the second time with the reserve freed"
    assert isinstance(kept.exception(), StoreDown)
    assert isinstance(new.exception(), StoreDown)


async def test_closing_while_failing_commits_what_was_kept_if_it_can(url, clock) -> None:
    async with open_store(url, clock) as store:
        disk = Disk(store)
        disk.readonly = True
        kept = store.writer.submit(sent(1))
        await clock.wait_for_timer(within=1)
        assert store.writer.failing
        disk.readonly = False
    assert kept.result() is None


async def test_a_cancelled_bridge_leaves_nobody_waiting(url, clock) -> None:
    waiting: list[asyncio.Future] = []
    at_work = asyncio.Event()

    async def bridge() -> None:
        async with open_store(url, clock) as store:
            waiting.append(store.writer.submit(sent(1)))
            at_work.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(bridge())
    await at_work.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settle()
    assert waiting[0].done()


@pytest.mark.sqlite
async def test_rule_24_a_commit_that_has_begun_ends_whoever_is_cancelled(url, clock) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(NotePart):
        @classmethod
        def apply(cls, connection, operations):
            begun.set()
            go_on.wait(60)
            return super().apply(connection, operations)

    async def bridge() -> None:
        async with open_store(url, clock) as store:
            store.writer.submit(Slow(JobID(1), Part(0, "t1")))
            await asyncio.Event().wait()

    task = asyncio.create_task(bridge())
    await asyncio.to_thread(begun.wait, 60)
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with open_store(url, clock) as store:
        assert len(await Jobs(store.reader).parts(JobID(1))) == 1


async def test_reading_from_a_store_that_is_gone_says_so(store, draft) -> None:
    await store.writer.write(Put([draft("a")], at=1))

    def cut(*_: object) -> None:
        raise OSError("connection reset")

    engine = store.writer._engine.sync_engine
    event.listen(engine, "connect", cut)
    with pytest.raises(StoreDown):
        await Jobs(store.reader).open()
    event.remove(engine, "connect", cut)
    assert len(await Jobs(store.reader).open()) == 1


async def test_a_wrong_query_is_not_an_outage(store) -> None:
    with pytest.raises(Exception, match="syntax error") as caught:
        await store.reader.all(text("SELECT FROM WHERE"))
    assert not isinstance(caught.value, StoreDown)
