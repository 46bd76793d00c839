"""What a running bridge consists of that sees to rooms as such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.ids import PortalID
from bridgekit.later import Later
from bridgekit.membership.members import Members
from bridgekit.membership.powers import Powers
from bridgekit.past.gaps import Gaps
from bridgekit.person.ghosts import Ghosts
from bridgekit.room.info import ChatInfoPush
from bridgekit.room.linking import Linking
from bridgekit.room.rooms import Rooms
from bridgekit.room.spaces import Spaces
from bridgekit.room.state import RoomState
from bridgekit.room.third_party import ThirdParty
from bridgekit.room.unlinking import Unlinking
from bridgekit.room.upgrades import Upgrades
from bridgekit.room.upkeep import Showing, Upkeep
from bridgekit.store.stated import StatedRows


@dataclass(frozen=True, slots=True)
class RoomSide:
    """Rooms: made, linked, described, followed and given up."""

    making: Rooms
    linking: Linking
    unlinking: Unlinking
    upkeep: Upkeep
    upgrades: Upgrades
    info: ChatInfoPush
    third_party: ThirdParty


def room_side(
    bridge: Foundation,
    stored: StoreSide,
    ghosts: Ghosts,
    members: Members,
    powers: Powers,
    gaps: Gaps,
) -> RoomSide:
    intents, names, portals = bridge.intents, bridge.config.namespaces, stored.portals
    state = RoomState(StatedRows(stored.store.reader), stored.store.writer, intents, bridge.status)
    later: Later[Upgrades] = Later()
    upkeep = _upkeep(bridge, stored, state, later)

    def bound(portal: PortalID) -> None:
        powers.wake(portal)
        upkeep.wake(portal)

    making = Rooms(
        portals=portals,
        intents=intents,
        namespaces=names,
        signer=bridge.signer,
        clock=bridge.clock,
        version=bridge.config.rooms.version,
        about=upkeep.initial,
        bound=bound,
    )
    return RoomSide(
        making=making,
        linking=_linking(bridge, stored, making, members, ghosts, gaps, bound),
        unlinking=Unlinking(portals, members, upkeep, intents, names, powers),
        upkeep=upkeep,
        upgrades=later.put(_upgrades(bridge, stored, members, upkeep, bound)),
        info=ChatInfoPush(state),
        third_party=ThirdParty(bridge.networks, portals, ghosts, names, bridge.clock),
    )


def _upkeep(
    bridge: Foundation, stored: StoreSide, state: RoomState, upgrades: Later[Upgrades]
) -> Upkeep:
    names = bridge.config.namespaces
    return Upkeep(
        portals=stored.portals,
        networks=bridge.networks,
        state=state,
        spaces=Spaces(bridge.intents, names, bridge.signer),
        upgrades=upgrades,
        intents=bridge.intents,
        namespaces=names,
        signer=bridge.signer,
        showing={
            name: Showing(network.directory == "public", network.space)
            for name, network in bridge.config.networks.items()
        },
        clock=bridge.clock,
    )


def _upgrades(
    bridge: Foundation,
    stored: StoreSide,
    members: Members,
    upkeep: Upkeep,
    bound: Callable[[PortalID], None],
) -> Upgrades:
    return Upgrades(
        portals=stored.portals,
        members=members,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        permissions=bridge.config.permissions,
        status=bridge.status,
        moved=bound,
        withdraw=upkeep.withdraw,
    )


def _linking(
    bridge: Foundation,
    stored: StoreSide,
    rooms: Rooms,
    members: Members,
    ghosts: Ghosts,
    gaps: Gaps,
    bound: Callable[[PortalID], None],
) -> Linking:
    return Linking(
        networks=bridge.networks,
        links={name: network.links for name, network in bridge.config.networks.items()},
        portals=stored.portals,
        rooms=rooms,
        members=members,
        ghosts=ghosts,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        clock=bridge.clock,
        bound=bound,
        linked=gaps.linked,
    )
