"""What a running bridge consists of that brings rooms after who is in a chat, and as what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.ids import NetworkName, RemoteUserID, UserID
from bridgekit.later import Later
from bridgekit.login.owners import Owners
from bridgekit.membership.admission import Admission
from bridgekit.membership.attendance import Attendance
from bridgekit.membership.members import Members, Namer
from bridgekit.membership.moves import Moves
from bridgekit.membership.pace import Pace
from bridgekit.membership.powers import Powers
from bridgekit.membership.ranks import Whose
from bridgekit.membership.roster import Roster
from bridgekit.membership.underway import Underway
from bridgekit.models import Ghost, Portal
from bridgekit.networks import Networks
from bridgekit.person.ghosts import Ghosts
from bridgekit.puppets.voices import Voices
from bridgekit.store.members import MemberRows
from bridgekit.store.standings import Standings
from bridgekit.to_matrix.speakers import Speakers


@dataclass(frozen=True, slots=True)
class MemberSide:
    """Who is in the rooms, who should be, and what they may do there."""

    members: Members
    speakers: Speakers
    moves: Moves
    attendance: Attendance
    powers: Powers
    roster: Roster


def member_side(
    bridge: Foundation, stored: StoreSide, ghosts: Ghosts, voices: Voices
) -> MemberSide:
    rows, pace = MemberRows(stored.store.reader), Pace(bridge.clock, stored.brake.off)
    moves = Moves(bridge.intents, ghosts, pace)
    members, speakers = _members(bridge, stored, ghosts, voices, rows, moves)
    roster = Roster(bridge.networks, stored.portals, bridge.clock)
    attendance = Attendance(
        members=members,
        ghosts=ghosts,
        portals=stored.portals,
        queue=stored.queue,
        clock=bridge.clock,
        pace=pace,
        admission=Admission(bridge.in_force.members, rows, ghosts, bridge.clock),
        fresh=roster.fresh,
    )
    return MemberSide(
        members=members,
        speakers=speakers,
        moves=moves,
        attendance=attendance,
        powers=_powers(bridge, stored, ghosts),
        roster=roster,
    )


def _powers(bridge: Foundation, stored: StoreSide, ghosts: Ghosts) -> Powers:
    names = bridge.config.namespaces
    whose = _whose(bridge.networks, stored.owners, names.ghost)
    return Powers(
        standings=Standings(stored.store.reader),
        writer=stored.store.writer,
        intents=bridge.intents,
        portals=stored.portals,
        status=bridge.status,
        clock=bridge.clock,
        whose=whose,
        underway=Underway(stored.queue, stored.portals, whose),
        ghost=lambda user: names.remote_user(user) is not None,
        bridged=ghosts.bridged,
    )


def _whose(
    networks: Networks, owners: Owners, ghost: Callable[[NetworkName, RemoteUserID], UserID]
) -> Whose:
    async def whose(name: NetworkName, user: RemoteUserID) -> UserID | None:
        network = networks.get(name)
        login = None if network is None else network.logins.holder(user)
        return ghost(name, user) if login is None else await owners.owner(login.id)

    return whose


def _members(
    bridge: Foundation,
    stored: StoreSide,
    ghosts: Ghosts,
    voices: Voices,
    rows: MemberRows,
    moves: Moves,
) -> tuple[Members, Speakers]:
    """They need each other: who joins is named first, and who speaks joins first."""
    later: Later[Speakers] = Later()
    members = Members(
        rows=rows,
        writer=stored.store.writer,
        intents=bridge.intents,
        ghosts=ghosts,
        portals=stored.portals,
        clock=bridge.clock,
        moves=moves,
        name=_namer(bridge.networks, later),
    )
    speakers = Speakers(
        ghosts=ghosts,
        members=members,
        names=stored.names,
        faces=stored.faces,
        voices=voices,
        clock=bridge.clock,
    )
    return members, later.put(speakers)


def _namer(networks: Networks, speakers: Later[Speakers]) -> Namer:
    async def name(portal: Portal, ghost: Ghost) -> Ghost:
        network = networks.get(ghost.network)
        if network is None:
            return ghost
        return await speakers.get().named(network, ghost, portal.key)

    return name
