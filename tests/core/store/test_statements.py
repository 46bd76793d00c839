"""PostgreSQL understands whatever the store asks, whichever test would come to ask it there."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql import asyncpg as driver

from tests.core.store.statements import statements

pytestmark = pytest.mark.postgres


async def test_every_query_is_one_for_postgresql(postgres, template) -> None:
    refused: dict[str, str] = {}
    known = dict(statements(driver.dialect()))
    connection = await asyncpg.connect(postgres.url(template))
    try:
        for name, statement in known.items():
            try:
                await connection.prepare(statement)
            except asyncpg.PostgresError as error:
                refused[name] = str(error)
    finally:
        await connection.close()
    assert refused == {}
    assert len(known) > 100
