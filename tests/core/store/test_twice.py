"""The same batch written twice leaves the same state (the design, "So that several processes…")."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from bridgekit import store as package
from bridgekit.ids import (
    JobID,
    MessageID,
)
from bridgekit.login_row import LoginRow
from bridgekit.models import (
    Part,
    PartState,
)
from bridgekit.store import (
    api_tokens,
    audit,
    people,
    sql,
)
from bridgekit.store.familiar import Familiar
from bridgekit.store.gaps import Reserve
from bridgekit.store.intake import AcceptTransaction, Put
from bridgekit.store.portals import MakePortal
from bridgekit.store.progress import SaveParts
from bridgekit.store.tables import metadata
from tests.core.store.operations import (
    AUDITED,
    BATCHES,
    KEY,
    LOGIN,
    MADE,
    NETWORK,
    PORTAL,
    TOKEN,
    WANT,
    draft,
)


def modules() -> Iterator[Any]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in module.name:
            yield importlib.import_module(module.name)


def test_every_operation_is_among_them() -> None:
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if inspect.isclass(value)
        and value.__module__ == module.__name__
        and {"rank", "keep", "apply"} <= set(dir(value))
        and value is not sql.Rows
    }
    assert found == set(BATCHES)


def test_every_function_that_makes_rows_is_among_them() -> None:
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
        and str(inspect.signature(value).return_annotation) in ("sql.Rows", "Rows")
    }
    assert found == set(MADE)


@pytest.fixture
async def lived_in(store):
    """A store in which each of these finds something to change."""
    for batch in (
        people.save_login(LoginRow(LOGIN, NETWORK, None)),
        people.save_value(NETWORK, "j", "x"),
        AcceptTransaction("1", "d0", "{}", 1),
        audit.save_begun(replace(AUDITED, key="$begun")),
        api_tokens.save_token(TOKEN),
        MakePortal(KEY),
        Put([draft(f"old {number}") for number in range(3)], at=1, wants=[WANT]),
        Reserve(PORTAL, MessageID("m0"), 1),
        SaveParts(JobID(1), [Part(0, "t0", PartState.UNKNOWN, "{}")]),
        SaveParts(JobID(2), [Part(0, "t0", PartState.SENT, "{}")]),
    ):
        await store.writer.write(batch)
    return store


async def everything(store) -> dict[str, list[tuple]]:
    return {
        table.name: sorted(
            map(tuple, await store.reader.all(text(f'SELECT * FROM "{table.name}"')))
        )
        for table in metadata.sorted_tables
        if table.name != "meta"  # on PostgreSQL it counts commits
    }


@pytest.mark.parametrize(
    "batch", [*BATCHES.values(), *MADE.values()], ids=lambda batch: type(batch[0]).__name__
)
async def test_twice_is_as_once(lived_in, batch) -> None:
    before = await everything(lived_in)
    for _ in range(2):
        futures = [lived_in.writer.submit(one) for one in batch]
        for future in futures:
            await future
        if _ == 0:
            once = await everything(lived_in)
    assert await everything(lived_in) == once
    if not isinstance(batch[0], sql.Rows | Familiar):  # which only asks
        assert once != before, "it had something to change"


async def test_all_of_them_at_once_twice_are_as_once(lived_in) -> None:
    batch = [one for each in (*BATCHES.values(), *MADE.values()) for one in each]
    states = []
    for _ in range(2):
        for future in [lived_in.writer.submit(one) for one in batch]:
            await future
        states.append(await everything(lived_in))
        states[-1].pop("counter")  # a gap that was closed draws new places
    assert states[0] == states[1]


async def test_together_is_as_one_by_one(lived_in) -> None:
    """A batch with a bad operation in it is written one by one: to the same effect."""
    batch = [one for each in BATCHES.values() for one in each]
    bad = sql.Rows((sql.insert(metadata.tables["value"], "network", "key"), [{"network": "n"}]))
    futures = [lived_in.writer.submit(one) for one in (*batch, bad)]
    for future in futures[:-1]:
        await future
    assert futures[-1].exception() is not None
    state = await everything(lived_in)
    for future in [lived_in.writer.submit(one) for one in batch]:
        await future
    assert await everything(lived_in) == state
