"""A database as a bridge leaves it that has been in use: portals with rooms, ghosts in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from itertools import islice

from benchmarks.child import serve
from benchmarks.ends.said import DOMAIN, NETWORK, channel, nick, room
from bridgekit.clock import SystemClock
from bridgekit.events import MemberState
from bridgekit.ids import ChatID, NetworkName, PortalKey, RemoteUserID, RoomID, UserID
from bridgekit.models import Ghost, Portal, PortalState
from bridgekit.store.members import save_actual
from bridgekit.store.people import save_ghost
from bridgekit.store.portals import MakePortal, save_portal
from bridgekit.store.store import open_store
from bridgekit.store.writer import Writer

IRC = NetworkName(NETWORK)
AT_ONCE = 2000


async def seed(url: str, portals: int, crowd: int, ghosts: int) -> None:
    """`crowd` ghosts are in each room (0: one of its own); there are `ghosts` at least."""
    async with open_store(url, SystemClock()) as store:
        writer = store.writer
        people = max(crowd or portals, ghosts)
        await _each(writer.write(save_ghost(_ghost(number))) for number in range(people))
        await _each(_portal(writer, number, crowd) for number in range(portals))


async def _each(work: Iterable[Awaitable[object]]) -> None:
    """All of it, not all at once: a million waiting would take gigabytes."""
    rest = iter(work)
    while some := list(islice(rest, AT_ONCE)):
        await asyncio.gather(*some)


async def _portal(writer: Writer, number: int, crowd: int) -> None:
    made = await writer.write(MakePortal(PortalKey(IRC, ChatID(channel(number)), None)))
    where = RoomID(room(number))
    bound = Portal(
        id=made.id, key=made.key, state=PortalState.BOUND, room=where, flow=made.flow, ours=True
    )
    await writer.write(save_portal(bound))
    inside = range(crowd) if crowd else (number,)
    joined = {RemoteUserID(nick(person)): MemberState.JOIN for person in inside}
    await writer.write(save_actual(made.id, joined))


def _ghost(number: int) -> Ghost:
    person = nick(number)
    mxid = UserID(f"@{NETWORK}_{person}:{DOMAIN}")
    return Ghost(IRC, RemoteUserID(person), mxid, person)


if __name__ == "__main__":
    asyncio.run(serve({"seed": seed}))
