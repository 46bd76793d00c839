"""Queries to a file: gathered into few crossings to a thread, and each with its own answer."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from typing import Any

import pytest
from sqlalchemy import event, text

from bridgekit.store.failure import StoreDown
from bridgekit.store.gathering import FileReader
from bridgekit.store.reader import PAGE, Reader

pytestmark = pytest.mark.sqlite

ECHO = text("SELECT :value AS value")
BROKEN = text("SELECT nonsense")
SLOW = text("SELECT wait_for_it() AS waited")


@pytest.fixture
def crossings(monkeypatch) -> list[int]:
    """How many queries crossed together, each time."""
    seen: list[int] = []
    look_up = FileReader._look_up

    def counted(self: FileReader, asked: Any) -> Any:
        seen.append(len(asked))
        return look_up(self, asked)

    monkeypatch.setattr(FileReader, "_look_up", counted)
    return seen


async def echo(reader: Reader, value: int) -> int:
    row = await reader.first(ECHO, {"value": value})
    assert row is not None
    return int(row.value)


async def test_what_is_asked_at_the_same_time_crosses_together(store, crossings) -> None:
    answers = await asyncio.gather(*(echo(store.reader, number) for number in range(50)))
    assert answers == list(range(50))
    assert crossings == [50]


async def test_what_is_asked_meanwhile_crosses_next(store, crossings) -> None:
    async def twice(number: int) -> int:
        return await echo(store.reader, await echo(store.reader, number))

    assert await asyncio.gather(*map(twice, range(10))) == list(range(10))
    assert crossings == [10, 10]


async def test_a_query_that_fails_fails_alone(store) -> None:
    answers = await asyncio.gather(
        echo(store.reader, 1),
        store.reader.all(BROKEN),
        echo(store.reader, 2),
        return_exceptions=True,
    )
    assert (answers[0], answers[2]) == (1, 2)
    assert isinstance(answers[1], sqlite3.Error)


async def test_who_does_not_wait_any_more_harms_nobody(store) -> None:
    gone = asyncio.ensure_future(echo(store.reader, 1))
    stays = asyncio.ensure_future(echo(store.reader, 2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 2
    assert await echo(store.reader, 3) == 3


NUMBERS = text(
    "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < :most) "
    "SELECT id FROM n WHERE id > :after ORDER BY id LIMIT :limit"
)


@pytest.mark.parametrize("most", [1, 999, 1000, 1001, 2000, 2500])
async def test_very_many_rows_come_in_pages_and_each_once(store, crossings, most) -> None:
    found = [row.id async for row in store.reader.paged(NUMBERS, {"most": most})]
    assert found == list(range(1, most + 1))
    assert len(crossings) == most // PAGE + 1


@pytest.fixture
def go_on(store) -> threading.Event:
    """What `SLOW` waits for, on whatever connection is opened from here on."""
    event_to_come = threading.Event()

    def slowly(connection: sqlite3.Connection, _record: object) -> None:
        connection.create_function("wait_for_it", 0, lambda: event_to_come.wait(60))

    event.listen(store.writer._engine.sync_engine, "connect", slowly)
    return event_to_come


async def test_nobody_waits_for_a_scan(store, go_on) -> None:
    scan = asyncio.ensure_future(store.reader.scan(SLOW))
    await asyncio.sleep(0)
    assert await echo(store.reader, 1) == 1
    go_on.set()
    (row,) = await scan
    assert row.waited, "not by its timeout"


async def test_who_closes_and_is_cancelled_leaves_neither_thread_nor_connection(
    store, go_on
) -> None:
    reader = FileReader(store.writer._engine.sync_engine)
    answer = reader.ask(SLOW, {})
    await asyncio.sleep(0)
    (thread,) = reader._thread._threads
    closing = asyncio.ensure_future(reader.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    go_on.set()
    assert (await answer)[0].waited, "what has crossed is answered"
    await asyncio.to_thread(thread.join, 60)
    assert not thread.is_alive()
    assert reader._connection is None


class Flawed:
    """An engine whose connections fail as a disk does, until `well`."""

    def __init__(self) -> None:
        self.well = False
        self.opened = self.closed = 0

    def raw_connection(self) -> Any:
        self.opened += 1
        return self

    def cursor(self) -> Any:
        return sqlite3.connect(":memory:").cursor() if self.well else self

    def execute(self, *_: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        raise error

    def close(self) -> None:
        self.closed += 1


async def test_rule_24_a_connection_that_failed_is_opened_anew() -> None:
    engine = Flawed()
    file = FileReader(engine)  # type: ignore[arg-type]
    reader = Reader(file.ask, file.ask)
    with pytest.raises(StoreDown):
        await reader.all(ECHO, {"value": 1})
    assert (engine.opened, engine.closed) == (1, 1)
    engine.well = True
    assert await echo(reader, 2) == 2
    assert await echo(reader, 3) == 3
    assert engine.opened == 2
    await file.aclose()
    assert engine.closed == 2


async def test_rule_26_who_asks_too_late_is_told_so() -> None:
    engine = Flawed()
    engine.well = True
    file = FileReader(engine)  # type: ignore[arg-type]
    crossed = file.ask(ECHO, {"value": 1})
    await asyncio.sleep(0)
    late = file.ask(ECHO, {"value": 2})
    await file.aclose()
    assert (await crossed)[0].value == 1
    with pytest.raises(StoreDown):
        await late
    with pytest.raises(StoreDown):
        await file.ask(ECHO, {"value": 3})
