"""What is kept, and for how long (delivery rule 25)."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from bridgekit.pruning import EVERY, Pruning
from bridgekit.store import sql, tables
from bridgekit.store.failure import StoreDown
from bridgekit.store.intake import AcceptTransaction
from bridgekit.store.retention import BATCH, DAY, FOR_EVER, MOST, RETENTION, STATE, Keep, Prune
from bridgekit.store.tables import metadata

HANGING = {"part", "counter", "meta"}  # a part goes with its job
NOW = 1000 * DAY


def rule(table: str) -> Keep:
    return next(one for one in RETENTION if one.table.name == table)


def insert(table: str, *rows: dict) -> sql.Rows:
    return sql.Rows((sql.insert(metadata.tables[table], *rows[0]), rows))


def filler(table: str, **given: object) -> dict:
    """A row that has something in every column that must not be empty."""
    row: dict = {}
    for column in metadata.tables[table].columns:
        if column.name in given:
            row[column.name] = given[column.name]
        elif not column.nullable and column.server_default is None:
            row[column.name] = 1 if column.type.python_type is int else "x"
    return row


def test_every_table_says_how_long_its_rows_are_kept() -> None:
    said = [{one.table.name for one in RETENTION}, FOR_EVER, STATE, HANGING - STATE]
    assert set(metadata.tables) == set().union(*said)
    assert sum(map(len, said)) == len(metadata.tables), "and says it once"


@pytest.mark.parametrize("keep", RETENTION, ids=lambda keep: keep.table.name)
async def test_rule_25_rows_stay_for_the_promised_time_and_no_longer(store, rows, keep) -> None:
    table = keep.table.name
    times = {"at", "finished_at", "received_at", "expires", "used_at", "made_at"}
    (when,) = times & set(keep.old.replace("(", " ").split())
    key = next(column.name for column in keep.table.primary_key)
    kind = int if keep.table.c[key].type.python_type is int else str
    ages = {1: keep.days - 1, 2: keep.days + 1}
    for number, age in ages.items():
        row = filler(table, **{"digest": str(number), key: kind(number), when: NOW - age * DAY})
        if table == "job":
            row |= {"dead": 1, "key": str(number)}
        await store.writer.write(insert(table, row))
    assert await store.writer.write(Prune(keep, NOW)) == 1
    assert await rows(table, f'"{when}"') == [(NOW - (keep.days - 1) * DAY,)]


async def test_rule_01_a_transaction_is_recognised_a_year_later(store) -> None:
    first = AcceptTransaction("1", "digest", "{}", at=NOW)
    row = await store.writer.write(first)
    await store.writer.write(
        sql.Rows((sql.update(tables.transaction, "body", keys=["id"]), [{"id": row, "body": None}]))
    )
    await store.writer.write(Prune(rule("transaction"), NOW + 366 * DAY))
    assert await store.writer.write(first) is None


async def test_rule_18_a_delivery_is_recognised_almost_three_months_later(store, rows) -> None:
    await store.writer.write(insert("seen", {"key": "r:1:message:", "at": NOW}))
    await store.writer.write(Prune(rule("seen"), NOW + 89 * DAY))
    assert await rows("seen", "key") == [("r:1:message:",)]


async def test_of_what_has_ended_only_so_many_are_kept_however_young(store, rows) -> None:
    young = {"finished_at": NOW}
    numbers = (1, 2, MOST + 1, MOST + 2)
    ended = [filler("outcome", job=number, **young) for number in numbers]
    await store.writer.write(insert("outcome", *ended))
    assert await store.writer.write(Prune(rule("outcome"), NOW)) == 2
    assert await rows("outcome", "job") == [(MOST + 1,), (MOST + 2,)]


async def test_what_is_not_done_is_never_forgotten(store, rows) -> None:
    """However old: a transaction not split yet, a job that waits, and its parts."""
    await store.writer.write(AcceptTransaction("1", "digest", "{}", at=1))
    await store.writer.write(insert("job", filler("job", id=1, received_at=1) | {"dead": 0}))
    await store.writer.write(insert("part", filler("part", job=1, number=0)))
    for one in RETENTION:
        await store.writer.write(Prune(one, NOW))
    assert len(await rows("transaction")) == len(await rows("job")) == len(await rows("part")) == 1


async def test_the_parts_of_a_dead_job_go_with_it(store, rows) -> None:
    for job in (1, 2):
        dead = {"dead": int(job == 1), "key": str(job)}
        await store.writer.write(insert("job", filler("job", id=job, received_at=1) | dead))
        await store.writer.write(insert("part", filler("part", job=job, number=0)))
    assert await store.writer.write(Prune(rule("job"), NOW)) == 1
    assert await rows("job", "id") == await rows("part", "job") == [(2,)]


async def test_pruning_goes_on_beside_the_bridge_a_batch_at_a_time(store, clock) -> None:
    now = int(clock.now().timestamp() * 1000)
    many = 2 * BATCH + 7
    old = now - 91 * DAY
    await store.writer.write(
        insert("seen", *({"key": f"k{number:05}", "at": old} for number in range(many)))
    )
    counts: list[int] = []

    async def count() -> int:
        row = await store.reader.first(text("SELECT count(*) AS n FROM seen"))
        counts.append(row.n)
        return row.n

    pruning = asyncio.create_task(Pruning(store.writer, clock).run())
    while await count():
        await clock.advance(0.1)
    assert {many - BATCH, many - 2 * BATCH} & set(counts), "others had their turn in between"
    await store.writer.write(insert("seen", {"key": "again", "at": old}))
    await clock.wait_for_timer(within=EVERY)
    await clock.advance(EVERY)
    while await count():
        await clock.advance(0.1)
    pruning.cancel()


async def test_pruning_outlives_a_store_that_fails(store, disk, clock, rows) -> None:
    await store.writer.write(insert("seen", {"key": "old", "at": 1}))
    disk.readonly = True
    pruning = asyncio.create_task(Pruning(store.writer, clock).run())
    with pytest.raises(StoreDown):
        await store.writer.write(AcceptTransaction("1", "d", "{}", at=1))
    await clock.wait_for_timer(within=EVERY)
    disk.readonly = False
    while store.writer.failing:
        await clock.advance(1)
    while await rows("seen"):
        await clock.advance(EVERY)
    assert not pruning.done()
    pruning.cancel()
