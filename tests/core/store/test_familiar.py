"""Which messages are known: linked, or deleted; each in its own portal."""

from __future__ import annotations

import asyncio

from bridgekit.ids import PortalID
from bridgekit.store import sql, tables
from bridgekit.store.familiar import AT_ONCE, Familiar
from bridgekit.store.relations import save_tombstones

PORTAL, OTHER = PortalID(1), PortalID(2)
LINK = sql.insert(tables.link, "portal", "message", "part", "event", "sender", "at")


async def test_what_is_linked_or_deleted_is_known_and_nothing_else(store):
    rows = [
        {"portal": PORTAL, "message": f"m{number}", "part": part, "event": f"$e{number}{part}"}
        | {"sender": "bob", "at": 1}
        for number in range(0, 3 * AT_ONCE, 2)
        for part in (0, 1)
    ]
    await store.writer.write(sql.Rows((LINK, rows)))
    await store.writer.write(save_tombstones(PORTAL, ["gone"], 1))
    many = [(PORTAL, f"m{number}") for number in range(3 * AT_ONCE)]
    asked = [many, [(PORTAL, "gone"), (OTHER, "gone"), (OTHER, "m0")], [(PORTAL, "m1")], []]
    found = await asyncio.gather(*(store.writer.write(Familiar(one)) for one in asked))
    assert found == [set(many[::2]), {(PORTAL, "gone")}, set(), set()]
