"""What a running bridge consists of that knows the homeserver."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from bridgekit.ghosts import Ghosts
from bridgekit.journey import millis
from bridgekit.linking import Linking
from bridgekit.matrix.inbox import Inbox
from bridgekit.matrix.late_answers import LateAnswers
from bridgekit.matrix.server import Server
from bridgekit.members import Members
from bridgekit.models import Ghost
from bridgekit.networks import Networks
from bridgekit.portals import Portals
from bridgekit.profiles import Profiles
from bridgekit.rooms import Rooms
from bridgekit.sorting import Sorting
from bridgekit.store_parts import Foundation, StoreSide
from bridgekit.to_matrix.message import Messages
from bridgekit.to_matrix.speakers import Speakers
from bridgekit.transactions import Transactions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MatrixSide:
    """What knows the homeserver."""

    ghosts: Ghosts
    rooms: Rooms
    profiles: Profiles
    members: Members
    inbox: Inbox
    messages: Messages
    linking: Linking
    server: Server


class _Later(Generic[T]):
    """Two parts that need each other: whichever is built first asks here for the other."""

    def __init__(self) -> None:
        self._parts: list[T] = []

    def put(self, part: T) -> T:
        self._parts.append(part)
        return part

    def get(self) -> T:
        (part,) = self._parts
        return part


def matrix_side(bridge: Foundation, stored: StoreSide) -> MatrixSide:
    intents, clock, names = bridge.intents, bridge.clock, bridge.config.namespaces
    portals, profiles = stored.portals, Profiles(intents)
    ghosts = Ghosts(stored.people, stored.store.writer, intents, names)
    rooms = Rooms(
        portals=portals, intents=intents, namespaces=names, signer=bridge.signer, clock=clock
    )
    members, speakers = _members(bridge, stored, ghosts)
    inbox, late_answers = _inbox(bridge, stored, members, profiles)
    linking = _linking(bridge, portals, rooms, members, ghosts)
    return MatrixSide(
        ghosts=ghosts,
        rooms=rooms,
        profiles=profiles,
        members=members,
        inbox=inbox,
        messages=Messages(
            intents=intents,
            late_answers=late_answers,
            signer=bridge.signer,
            portals=portals,
            rooms=rooms,
            speakers=speakers,
            members=members,
            owners=stored.owners,
            status=bridge.status,
        ),
        linking=linking,
        server=Server(
            hs_token=bridge.config.appservice.hs_token.get_secret_value(),
            events=inbox,
            on_alias=linking.alias_exists,
            on_user=linking.user_exists,
            on_wake=stored.queue.catch_up,
        ),
    )


def _linking(
    bridge: Foundation, portals: Portals, rooms: Rooms, members: Members, ghosts: Ghosts
) -> Linking:
    return Linking(
        networks=bridge.networks,
        links={name: network.links for name, network in bridge.config.networks.items()},
        portals=portals,
        rooms=rooms,
        members=members,
        ghosts=ghosts,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        clock=bridge.clock,
    )


def _members(bridge: Foundation, stored: StoreSide, ghosts: Ghosts) -> tuple[Members, Speakers]:
    """They need each other: who joins is named first, and who speaks joins first."""
    later: _Later[Speakers] = _Later()
    members = Members(
        people=stored.people,
        writer=stored.store.writer,
        intents=bridge.intents,
        ghosts=ghosts,
        portals=stored.portals,
        queue=stored.queue,
        clock=bridge.clock,
        name=_namer(bridge.networks, later),
    )
    speakers = Speakers(ghosts=ghosts, members=members, names=stored.names, clock=bridge.clock)
    return members, later.put(speakers)


def _namer(networks: Networks, speakers: _Later[Speakers]) -> Callable[[Ghost], Awaitable[Ghost]]:
    async def name(ghost: Ghost) -> Ghost:
        network = networks.get(ghost.network)
        return ghost if network is None else await speakers.get().named(network, ghost)

    return name


def _inbox(
    bridge: Foundation, stored: StoreSide, members: Members, profiles: Profiles
) -> tuple[Inbox, LateAnswers]:
    """They need each other: what comes back answers a doubt, once all that came is read."""
    later: _Later[Inbox] = _Later()
    late_answers = LateAnswers(intents=bridge.intents, backlog=later.get)
    bridge.status.attach(late_answers)
    sorting = Sorting(
        namespaces=bridge.config.namespaces,
        portals=stored.portals,
        members=members,
        profiles=profiles,
        late_answers=late_answers,
        signer=bridge.signer,
        status=bridge.status,
        now=partial(millis, bridge.clock),
        busy=stored.queue.busy,
    )
    ledger = Transactions(stored.store, stored.queue, bridge.clock)
    return later.put(Inbox(ledger, sorting, bridge.clock)), late_answers
