"""A database as a bridge leaves it that has been in use: portals with their ghosts, open jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from benchmarks import traffic
from benchmarks.child import serve
from benchmarks.configuration import DATABASE, NETWORK
from benchmarks.traffic import DOMAIN, Line, chat_name
from bridgekit.clock import SystemClock
from bridgekit.codec import dump
from bridgekit.events import MemberState, Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, PortalKey, RemoteUserID, RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.models import Draft, Ghost, Portal, PortalState, lane_to_matrix
from bridgekit.richtext import from_plain
from bridgekit.store.intake import Put
from bridgekit.store.members import save_actual
from bridgekit.store.people import save_ghost
from bridgekit.store.portals import MakePortal, save_portal
from bridgekit.store.store import open_store
from bridgekit.store.writer import Writer

CLOCK = SystemClock()


async def seed(folder: str, portals: int, people: int, jobs: int) -> None:
    """`portals` rooms with one of `people` ghosts joined to each, and `jobs` to Matrix."""
    async with open_store(f"sqlite:///{Path(folder) / DATABASE}", CLOCK) as store:
        writer = store.writer
        made = await asyncio.gather(
            *(
                writer.write(MakePortal(PortalKey(NETWORK, ChatID(chat_name(number)), None)))
                for number in range(portals)
            )
        )
        await asyncio.gather(
            *(_bind(writer, number, portal, people) for number, portal in enumerate(made))
        )
        lines = traffic.lines(0, jobs, portals, people)
        await writer.write(Put(list(_drafts(made, lines)), at=millis(CLOCK)))


async def _bind(writer: Writer, number: int, portal: Portal, people: int) -> None:
    person = RemoteUserID(f"p{number % people}")
    mxid = UserID(f"@{NETWORK}_{person}:{DOMAIN}")
    bound = Portal(
        id=portal.id,
        key=portal.key,
        state=PortalState.BOUND,
        room=RoomID(f"!c{number}:{DOMAIN}"),
        flow=portal.flow,
        ours=True,
    )
    for operation in (
        save_portal(bound),
        save_ghost(Ghost(NETWORK, person, mxid, person.title())),
        save_actual(portal.id, {person: MemberState.JOIN}),
    ):
        await writer.write(operation)


def _drafts(portals: list[Portal], lines: Iterable[Line]) -> Iterable[Draft]:
    now = millis(CLOCK)
    for line in lines:
        portal = portals[line.number % len(portals)]
        key = f"r:{portal.id}:m{line.number}"
        event = RemoteEvent(
            Chat(portal.key.chat),
            RemoteUserID(line.person),
            Message(from_plain(line.text)),
            id=MessageID(f"m{line.number}"),
            at=CLOCK.now(),
        )
        yield Draft(
            lane_to_matrix(portal.id), key, "Message", dump(event), f"m{line.number}", now, (key,)
        )


if __name__ == "__main__":
    asyncio.run(serve({"seed": seed}))
