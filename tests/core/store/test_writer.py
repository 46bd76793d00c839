"""Group commit: many operations, few transactions, each with its own future."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import event

from bridgekit.store import sql, tables
from bridgekit.store.changes import note
from bridgekit.store.failure import StoreDown
from bridgekit.store.intake import Put
from bridgekit.store.store import open_store

SAVE = sql.upsert(tables.value, "network", "key", "value")
REFUSE = sql.update(tables.value, "value", keys=["key"])


def save(key: str, value: str | None = "x") -> sql.Rows:
    return sql.Rows((SAVE, [{"network": "n", "key": key, "value": value}]))


@pytest.fixture
def transactions(store) -> list[str]:
    """What the writer's connection does at the ends of transactions."""
    seen: list[str] = []
    engine = store.writer._engine.sync_engine
    event.listen(engine, "begin", lambda _: seen.append("begin"))
    event.listen(engine, "commit", lambda _: seen.append("commit"))
    return seen


class Early:
    """Of a low rank: applied before `Late` of the same batch."""

    rank = 1
    keep = False
    order: list[str]

    def __init__(self, order: list[str]) -> None:
        self.order = order

    @classmethod
    def apply(cls, _connection, operations):
        for one in operations:
            one.order.append(cls.__name__)
        return [None] * len(operations)


class Late(Early):
    rank = 2


class Broken(Early):
    @classmethod
    def apply(cls, _connection, _operations):
        raise RuntimeError("a fault of its own")


async def test_what_queues_together_is_one_transaction(store, transactions, rows) -> None:
    await asyncio.gather(*(store.writer.submit(save(f"k{number:03}")) for number in range(300)))
    assert transactions == ["begin", "commit"]
    assert len(await rows("value")) == 300


async def test_what_queues_during_a_commit_is_the_next_one(store, transactions) -> None:
    first = store.writer.submit(save("first"))
    rest: list[asyncio.Future] = []
    first.add_done_callback(
        lambda _: rest.extend(store.writer.submit(save(f"k{number}")) for number in range(50))
    )
    await first
    await asyncio.gather(*rest)
    assert transactions == ["begin", "commit"] * 2


async def test_a_batch_has_an_upper_bound(store, transactions) -> None:
    await asyncio.gather(*(store.writer.submit(save(f"k{number}")) for number in range(1200)))
    assert transactions == ["begin", "commit"] * 3


async def test_what_follows_a_commit_is_called_in_the_order_of_submission(store, draft) -> None:
    order: list[int] = []
    operations = [save("a"), Put([draft("j1")]), save("b"), Put([draft("j2")]), save("c")]
    futures = [
        store.writer.submit(one, lambda _, place=place: order.append(place))
        for place, one in enumerate(operations)
    ]
    await asyncio.gather(*futures)
    assert order == [0, 1, 2, 3, 4]


async def test_it_is_called_before_whoever_waits_goes_on(store) -> None:
    order: list[str] = []
    await store.writer.write(save("a"), lambda _: order.append("then"))
    order.append("waiter")
    assert order == ["then", "waiter"]


async def test_a_fault_in_what_follows_harms_nobody(store, rows) -> None:
    def broken(_: None) -> None:
        raise RuntimeError("a fault")

    first, second = store.writer.submit(save("a"), broken), store.writer.submit(save("b"))
    await asyncio.gather(first, second)
    await store.writer.write(save("c"))
    assert len(await rows("value")) == 3


async def test_classes_are_applied_by_rank(store) -> None:
    order: list[str] = []
    await asyncio.gather(*(store.writer.submit(kind(order)) for kind in (Late, Early, Late)))
    assert order == ["Early", "Late", "Late"]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda: save("bad", None), id="constraint"),
        pytest.param(lambda: save("bad", "\ud800"), id="not text"),
        pytest.param(lambda: save("bad", {"no": "text"}), id="not a value"),  # type: ignore[arg-type]
        pytest.param(lambda: save("bad", 1 << 70), id="too large"),  # type: ignore[arg-type]
        pytest.param(lambda: Broken([]), id="fault"),
    ],
)
async def test_a_bad_operation_fails_its_own_future_only(store, rows, bad) -> None:
    futures = [store.writer.submit(one) for one in (save("a"), bad(), save("b"), note(1, "start"))]
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert [isinstance(one, Exception) for one in results] == [False, True, False, False]
    assert not isinstance(results[1], StoreDown)
    assert [row[1] for row in await rows("value")] == ["a", "b"]
    assert len(await rows("change")) == 1
    assert not store.writer.failing


async def test_a_bad_operation_leaves_nothing_of_itself(store, rows) -> None:
    halves = sql.Rows(*save("good").changes, *save("bad", None).changes)
    with pytest.raises(Exception, match=r"NOT NULL|not-null"):
        await store.writer.write(halves)
    assert await rows("value") == []


async def test_a_cancelled_caller_cancels_no_commit(store, rows) -> None:
    caller = asyncio.create_task(store.writer.write(save("a")))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await store.writer.write(save("b"))
    assert [row[1] for row in await rows("value")] == ["a", "b"]


async def test_leaving_commits_what_is_queued(url, clock) -> None:
    async with open_store(url, clock) as store:
        futures = [store.writer.submit(save(f"k{number}")) for number in range(1200)]
    assert all(future.done() and future.exception() is None for future in futures)


async def test_leaving_by_an_error_commits_what_is_queued(url, clock) -> None:
    futures: list[asyncio.Future] = []

    async def bridge() -> None:
        async with open_store(url, clock) as store:
            futures.append(store.writer.submit(save("a")))
            raise ValueError("a fault elsewhere")

    with pytest.raises(ValueError, match="elsewhere"):
        await bridge()
    assert futures[0].result() is None


async def test_what_comes_too_late_is_told_so(url, clock) -> None:
    async with open_store(url, clock) as store:
        pass
    with pytest.raises(StoreDown):
        await store.writer.write(save("a"))
