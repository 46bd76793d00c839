"""What a running bridge consists of that sees to rooms as such."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bridgekit.composition.puppet_parts import PuppetSide
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.ids import PortalID
from bridgekit.later import Later
from bridgekit.matrix.encrypted import SWITCHED_ON
from bridgekit.membership.members import Members
from bridgekit.membership.powers import Powers
from bridgekit.models import Portal
from bridgekit.past.gaps import Gaps
from bridgekit.person.ghosts import Ghosts
from bridgekit.person.management import Management
from bridgekit.puppets.following import Following
from bridgekit.room.circles import Circles
from bridgekit.room.former import Former
from bridgekit.room.info import ChatInfoPush
from bridgekit.room.linking import Linking
from bridgekit.room.portals import ghost_of
from bridgekit.room.queries import Queries
from bridgekit.room.rooms import Rooms
from bridgekit.room.shown import Showing, Shown
from bridgekit.room.spaces import Spaces
from bridgekit.room.state import RoomState
from bridgekit.room.syncing import Syncing
from bridgekit.room.third_party import ThirdParty
from bridgekit.room.unlinking import Unlinking
from bridgekit.room.upgrades import Upgrades
from bridgekit.room.upkeep import Upkeep
from bridgekit.room.wholes import Wholes
from bridgekit.store.stated import StatedRows


@dataclass(frozen=True, slots=True)
class RoomSide:
    """Rooms: made, linked, described, followed and given up. `bound`: a chat has another room."""

    making: Rooms
    linking: Linking
    queries: Queries
    circles: Circles
    unlinking: Unlinking
    upkeep: Upkeep
    upgrades: Upgrades
    info: ChatInfoPush
    third_party: ThirdParty
    syncing: Syncing
    wholes: Wholes
    bound: Callable[[PortalID], None]


def room_side(
    bridge: Foundation,
    stored: StoreSide,
    ghosts: Ghosts,
    members: Members,
    powers: Powers,
    gaps: Gaps,
    puppets: PuppetSide,
) -> RoomSide:
    intents, names, portals = bridge.intents, bridge.config.namespaces, stored.portals
    state = _state(bridge, stored)
    later: Later[Upgrades] = Later()
    shown = _shown(bridge, stored, state, puppets.following)
    upkeep = _upkeep(bridge, stored, state, shown, later)

    def bound(portal: PortalID) -> None:
        powers.wake(portal)
        upkeep.wake(portal)
        puppets.following.bound(portal)

    making = _making(bridge, stored, upkeep, bound)
    circles = Circles(bridge.networks, portals)
    linking = _linking(bridge, stored, making, members, circles, shown, gaps, bound)
    upgrades = _upgrades(bridge, stored, members, shown, bound, puppets.management, state)
    return RoomSide(
        making=making,
        linking=linking,
        queries=Queries(
            bridge.networks, portals, ghosts, intents, names, bridge.clock, linking.with_room
        ),
        circles=circles,
        unlinking=Unlinking(portals, members, upkeep, intents, names, powers),
        upkeep=upkeep,
        upgrades=later.put(upgrades),
        info=ChatInfoPush(state, intents, names),
        third_party=ThirdParty(bridge.networks, portals, ghosts, names, bridge.clock),
        syncing=_syncing(bridge, stored, linking),
        wholes=_wholes(bridge, stored, state, linking),
        bound=bound,
    )


def _state(bridge: Foundation, stored: StoreSide) -> RoomState:
    return RoomState(
        *(StatedRows(stored.store.reader), stored.store.writer, bridge.intents, bridge.status),
        ghost=partial(ghost_of, bridge.config.namespaces),
    )


def _wholes(bridge: Foundation, stored: StoreSide, state: RoomState, linking: Linking) -> Wholes:
    domain, clock = bridge.config.namespaces.domain, bridge.clock
    return Wholes(stored.portals, state, bridge.status, domain, clock, linking.configured)


def _making(
    bridge: Foundation, stored: StoreSide, upkeep: Upkeep, bound: Callable[[PortalID], None]
) -> Rooms:
    encrypted = encryption_of_new_rooms(bridge)

    def about(portal: Portal, name: str | None) -> Sequence[Mapping[str, Any]]:
        return [*encrypted, *upkeep.initial(portal, name)]

    return Rooms(
        portals=stored.portals,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        signer=bridge.signer,
        clock=bridge.clock,
        version=bridge.config.rooms.version,
        about=about,
        bound=bound,
    )


def encryption_of_new_rooms(bridge: Foundation) -> list[Mapping[str, Any]]:
    """The state by which they are encrypted from their first moment, where they are to be."""
    return [SWITCHED_ON] if bridge.config.encryption.of_new_rooms else []


def _syncing(bridge: Foundation, stored: StoreSide, linking: Linking) -> Syncing:
    return Syncing(
        networks=bridge.networks,
        wanted=bridge.in_force.sync,
        portals=stored.portals,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        clock=bridge.clock,
        with_room=linking.with_room,
        off=stored.brake.off,
    )


def _shown(bridge: Foundation, stored: StoreSide, state: RoomState, following: Following) -> Shown:
    names = bridge.config.namespaces
    return Shown(
        state=state,
        spaces=Spaces(bridge.intents, names, bridge.signer, following.enters),
        intents=bridge.intents,
        namespaces=names,
        showing={
            name: Showing(network.directory == "public", network.space, network.personal_space)
            for name, network in bridge.config.networks.items()
        },
        owner=stored.owners.owner,
    )


def _upkeep(
    bridge: Foundation,
    stored: StoreSide,
    state: RoomState,
    shown: Shown,
    upgrades: Later[Upgrades],
) -> Upkeep:
    return Upkeep(
        portals=stored.portals,
        networks=bridge.networks,
        state=state,
        shown=shown,
        upgrades=upgrades,
        intents=bridge.intents,
        appservice=bridge.appservice,
        namespaces=bridge.config.namespaces,
        signer=bridge.signer,
        clock=bridge.clock,
        off=stored.brake.off,
    )


def _upgrades(
    bridge: Foundation,
    stored: StoreSide,
    members: Members,
    shown: Shown,
    bound: Callable[[PortalID], None],
    management: Later[Management],
    state: RoomState,
) -> Upgrades:
    return Upgrades(
        portals=stored.portals,
        members=members,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        permissions=bridge.permissions,
        status=bridge.status,
        moved=bound,
        withdraw=shown.withdraw,
        tell=lambda user, text, key: management.get().tell(user, text, key),
        state=state,
    )


def _linking(
    bridge: Foundation,
    stored: StoreSide,
    rooms: Rooms,
    members: Members,
    circles: Circles,
    shown: Shown,
    gaps: Gaps,
    bound: Callable[[PortalID], None],
) -> Linking:
    return Linking(
        networks=bridge.networks,
        links={name: network.links for name, network in bridge.config.networks.items()},
        portals=stored.portals,
        rooms=rooms,
        members=members,
        circles=circles,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        clock=bridge.clock,
        former=Former(bridge.intents, bridge.config.namespaces, stored.portals, shown.withdraw),
        bound=bound,
        linked=gaps.linked,
    )
