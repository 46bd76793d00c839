"""A database as a bridge leaves it that has been in use: portals with rooms, ghosts in them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.child import serve
from benchmarks.ends.said import DOMAIN, NETWORK, channel, nick, room
from bridgekit.clock import SystemClock
from bridgekit.events import MemberState
from bridgekit.ids import ChatID, NetworkName, PortalKey, RemoteUserID, RoomID, UserID
from bridgekit.models import Ghost, Portal, PortalState
from bridgekit.store.members import save_actual
from bridgekit.store.people import save_ghost
from bridgekit.store.portals import MakePortal, save_portal
from bridgekit.store.sql import Rows
from bridgekit.store.store import open_store
from bridgekit.store.writer import Writer

IRC = NetworkName(NETWORK)
AT_ONCE = 2000


async def seed(url: str, portals: int, crowd: int, ghosts: int) -> None:
    """`crowd` ghosts are in each room (0: one of its own); there are `ghosts` at least."""
    async with open_store(url, SystemClock()) as store:
        for people in _batches(max(crowd or portals, ghosts)):
            await store.writer.write(_together(save_ghost(_ghost(number)) for number in people))
        for numbers in _batches(portals):
            await _portals(store.writer, numbers, crowd)


def _batches(count: int) -> Iterator[range]:
    return (range(start, min(start + AT_ONCE, count)) for start in range(0, count, AT_ONCE))


async def _portals(writer: Writer, numbers: range, crowd: int) -> None:
    keys = [PortalKey(IRC, ChatID(channel(number)), None) for number in numbers]
    made = await asyncio.gather(*(writer.write(MakePortal(key)) for key in keys))
    changes = []
    for number, row in zip(numbers, made, strict=True):
        where = RoomID(room(number))
        bound = Portal(
            id=row.id, key=row.key, state=PortalState.BOUND, room=where, flow=row.flow, ours=True
        )
        inside = range(crowd) if crowd else (number,)
        joined = {RemoteUserID(nick(person)): MemberState.JOIN for person in inside}
        changes += [save_portal(bound), save_actual(row.id, joined)]
    await writer.write(_together(changes))


def _together(changes: Iterable[Rows]) -> Rows:
    """As one: each statement once, with the rows of all. A million by themselves take minutes."""
    rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for change in changes:
        for statement, more in change.changes:
            rows[statement] += more
    return Rows(*rows.items())


def _ghost(number: int) -> Ghost:
    person = nick(number)
    mxid = UserID(f"@{NETWORK}_{person}:{DOMAIN}")
    return Ghost(IRC, RemoteUserID(person), mxid, person)


if __name__ == "__main__":
    asyncio.run(serve({"seed": seed}))
