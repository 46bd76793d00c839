"""How SQLite answers each query: by a key or an index, but for a few that may look at a table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite

from bridgekit.store.store import open_store
from tests.core.store.statements import statements

pytestmark = pytest.mark.sqlite

DIALECT: Any = sqlite.dialect()  # type: ignore[no-untyped-call]

# Tables of what is open, set aside or under way: they are as small as that is.
SMALL = {"job", "part", "gap", "set_aside", "change", "pending", "receipt", "upload"}
SMALL |= {"word", "sign_in", "own_device", "unread_event"}
SMALL |= {"w"}  # as `unread_events` calls that
SMALL |= {"wanted_there"}  # a query within another one, with a limit
# What is so somewhere: their indexes hold nothing else.
PARTIAL = {"ix_member_drift", "ix_standing_drift", "ix_transaction_open", "ix_portal_creating"}
# For people who look something up, on a connection of their own.
LOOKED_UP = {"jobs._OUTCOMES", "jobs._TARGETS"}
LOOKED_UP |= {"listed._PORTALS", "listed._LOGINS", "listed._GHOSTS"}
LOOKED_UP |= {"retiring._HOW_MANY"}  # when a network is taken down
LOOKED_UP |= {"origins._ELSEWHERE", "origins._NETWORKS", "words._ROOMS"}  # by `doctor`
LOOKED_UP |= {"encryption._ROOMS"}  # by `stats`
LOOKED_UP |= {"people._LEAVING"}  # once at each start, and when somebody signs out
# The newest, by the row's own key.
NEWEST = {"transactions._RECENT", "audit._LATEST"}


async def test_no_query_looks_at_a_table_that_grows(path, url, clock) -> None:
    async with open_store(url, clock):
        pass
    scans: list[tuple[str, str]] = []
    with closing(sqlite3.connect(path)) as connection:
        for name, statement in statements(DIALECT):
            values = [1] * statement.count("?")
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values):
                what, _, rest = step.partition(" ")
                words = rest.split()
                if (
                    what == "SCAN"
                    and words[0] not in SMALL | {"CONSTANT"}
                    and not PARTIAL & set(words)
                    and name not in LOOKED_UP | NEWEST
                ):
                    scans.append((name, step))
    assert scans == []


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("relations._ABOUT", "ix_relation_message (message=? AND portal=?)"),
        ("portals._ENTERED", "ix_portal_network_receiver (network=? AND receiver=? AND rowid>?)"),
        ("gaps._BRIDGED", "ix_portal_network_receiver (network=? AND receiver=? AND rowid>?)"),
        ("portals._OF_EVENT", "ix_link_event (event=? AND portal=?)"),
        ("portals._LINKED", "PRIMARY KEY (portal=? AND message=?)"),
    ],
)
async def test_the_best_index_is_taken(path, url, clock, name, index) -> None:
    async with open_store(url, clock):
        pass
    statement = dict(statements(DIALECT))[name]
    with closing(sqlite3.connect(path)) as connection:
        values = [1] * statement.count("?")
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    assert plan[0][-1].endswith(index)
