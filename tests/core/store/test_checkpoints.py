"""SQLite's log is brought into the database beside the commits, and does not grow for ever."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from bridgekit.ids import JobID
from bridgekit.models import Part
from bridgekit.store.checkpoints import EVERY, MOST, Checkpoints
from bridgekit.store.gathering import Answer, FileReader
from bridgekit.store.progress import NotePart

pytestmark = pytest.mark.sqlite

FRAME = 4096 + 24  # bytes that a page takes in the log
CANNOT = "the database's log cannot be brought into it"
AGAIN = "the database's log is brought into it again"


def part(number: int, size: int = 1000) -> NotePart:
    return NotePart(JobID(number), Part(0, f"t{number}", body="x" * size))


async def write(store, numbers: range) -> None:
    for number in numbers:
        await store.writer.write(part(number))


def cut(*_: object) -> None:
    raise OSError("no more files")


async def test_the_log_is_brought_in_while_a_commit_is_under_way(store, path, monkeypatch) -> None:
    begun, go_on, over = threading.Event(), threading.Event(), threading.Event()
    look_up = FileReader._look_up

    class Slow(NotePart):
        @classmethod
        def apply(cls, connection, operations):
            begun.set()
            go_on.wait(60)
            return super().apply(connection, operations)

    def then(file: FileReader, asked: Any) -> Any:
        begun.wait(60)
        found = look_up(file, asked)
        over.set()
        return found

    monkeypatch.setattr(FileReader, "_look_up", then)
    await write(store, range(EVERY - 1))
    before = path.stat().st_size
    slow: list[asyncio.Future] = []
    await store.writer.write(
        part(EVERY),
        lambda _: slow.append(store.writer.submit(Slow(JobID(EVERY + 1), Part(0, "slow")))),
    )
    try:
        assert await asyncio.to_thread(over.wait, 60)
        assert not slow[0].done()
        assert path.stat().st_size > before + EVERY * 1000
    finally:
        go_on.set()
    await slow[0]


async def test_what_fails_to_bring_it_in_stops_nothing_and_is_said_once(
    store, path, monkeypatch
) -> None:
    over: asyncio.Queue[None] = asyncio.Queue()
    heard = Checkpoints._over

    def noticed(checkpoints: Checkpoints, answer: Answer) -> None:
        heard(checkpoints, answer)
        over.put_nowait(None)

    monkeypatch.setattr(Checkpoints, "_over", noticed)
    engine = store.writer._engine.sync_engine
    await store.writer.write(part(0))
    before = path.stat().st_size
    event.listen(engine, "connect", cut)
    with capture_logs() as logs:
        for turn in range(1, 4):
            if turn == 3:
                assert path.stat().st_size == before
                event.remove(engine, "connect", cut)
            await write(store, range(turn * EVERY, (turn + 1) * EVERY))
            await over.get()
    assert [one["event"] for one in logs] == [CANNOT, AGAIN]
    assert logs[0]["error"] == "no more files"
    assert path.stat().st_size > before


async def test_the_log_has_an_end_even_if_nobody_else_brings_it_in(store, path) -> None:
    await store.writer.write(part(0))
    event.listen(store.writer._engine.sync_engine, "connect", cut)
    pages = 100
    for number in range(1, 4 * MOST // pages):
        await store.writer.write(part(number, pages * 4096))
    event.remove(store.writer._engine.sync_engine, "connect", cut)
    log = path.with_name(f"{path.name}-wal")
    assert log.stat().st_size < (MOST + 2 * pages) * FRAME


async def test_nothing_is_brought_in_while_the_store_fails(store, disk, clock, monkeypatch) -> None:
    asked: list[None] = []
    monkeypatch.setattr(store.writer._checkpoints, "committed", lambda: asked.append(None))
    disk.readonly = True
    kept = [store.writer.submit(part(number)) for number in range(3)]
    await clock.wait_for_timer(within=1)
    disk.readonly = False
    await clock.advance(1)
    await asyncio.gather(*kept)
    await store.writer.healthy()
    assert asked == []
    await store.writer.write(part(4))
    assert asked == [None]
