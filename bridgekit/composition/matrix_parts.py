"""What a running bridge consists of that knows the homeserver."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bridgekit.composition.encryption_parts import encryption_side, unread_rooms, work_of
from bridgekit.composition.ephemeral_parts import ephemeral_side, own_logins
from bridgekit.composition.member_parts import MemberSide, member_side
from bridgekit.composition.moderation_parts import ModerationSide, moderation_side
from bridgekit.composition.puppet_parts import PuppetSide, returning
from bridgekit.composition.room_parts import RoomSide, room_side
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.encryption.noticing import noticed
from bridgekit.ephemeral.hearing import Ephemeral
from bridgekit.lanes.journey import millis
from bridgekit.later import Later
from bridgekit.login.arrivals import Arrivals
from bridgekit.login.renaming import Renaming
from bridgekit.matrix.encrypted import Opening
from bridgekit.matrix.inbox import Inbox
from bridgekit.matrix.late_answers import LateAnswers
from bridgekit.matrix.server import Server
from bridgekit.membership.attendance import Attendance
from bridgekit.membership.members import Members
from bridgekit.membership.moves import Moves
from bridgekit.membership.powers import Powers
from bridgekit.membership.roster import Roster
from bridgekit.past.gaps import Gaps
from bridgekit.person.ghosts import Ghosts
from bridgekit.person.profiles import Profiles
from bridgekit.room.learning import Learning
from bridgekit.sorting import Overruled, Sorting
from bridgekit.store.gaps import GapRows
from bridgekit.to_matrix.posting import Posting
from bridgekit.to_matrix.speakers import Speakers
from bridgekit.to_matrix.venue import Venue
from bridgekit.to_network.rights import Rights
from bridgekit.transactions import Transactions

if TYPE_CHECKING:
    from bridgekit.encryption.side import Encryption


@dataclass(frozen=True, slots=True)
class MatrixSide:
    """What knows the homeserver."""

    ghosts: Ghosts
    rooms: RoomSide
    profiles: Profiles
    renaming: Renaming
    members: Members
    moves: Moves
    attendance: Attendance
    powers: Powers
    roster: Roster
    arrivals: Arrivals
    inbox: Inbox
    ephemeral: Ephemeral
    posting: Posting
    speakers: Speakers
    venue: Venue
    rights: Rights
    moderation: ModerationSide
    gaps: Gaps
    puppets: PuppetSide
    server: Server
    encryption: Encryption | None
    keys_work: Mapping[str, Callable[[], Awaitable[object]]]


def _posting(
    bridge: Foundation,
    stored: StoreSide,
    side: MemberSide,
    rooms: RoomSide,
    late_answers: LateAnswers,
) -> Posting:
    return Posting(
        intents=bridge.intents,
        portals=stored.portals,
        late_answers=late_answers,
        signer=bridge.signer,
        speakers=side.speakers,
        status=bridge.status,
        writer=stored.store.writer,
        epoch=stored.epoch,
        refused=rooms.upkeep.refused,
        stays=rooms.upgrades.stays,
    )


def matrix_side(bridge: Foundation, stored: StoreSide, puppets: PuppetSide) -> MatrixSide:
    ghosts, (profiles, renaming) = _ghosts(bridge, stored), _profiles(bridge, stored)
    side = member_side(bridge, stored, ghosts, puppets.voices)
    members = side.members
    gaps, follow, rights = _gaps(bridge, stored), puppets.following, Rights(bridge.intents)
    rooms = room_side(bridge, stored, ghosts, members, side.powers, gaps, puppets)
    inbox_later: Later[Inbox] = Later()
    ephemeral = ephemeral_side(
        bridge, stored, members, profiles, follow, drained=lambda: inbox_later.get().drained()
    )
    late_answers, moderation = _late_answers(bridge, inbox_later), moderation_side(bridge, stored)
    rest = (profiles, late_answers, rights, side.powers, moderation, rooms.upkeep.overruled)
    sorting = _sorting(bridge, stored, members, *rest)
    # The two need each other: what comes back answers a doubt, once all that came is read.
    encryption = encryption_side(bridge, stored, inbox_later.get)
    inbox = inbox_later.put(_inbox(bridge, stored, sorting, ephemeral, encryption))
    return MatrixSide(
        ghosts=ghosts,
        rooms=rooms,
        profiles=profiles,
        renaming=renaming,
        members=members,
        moves=side.moves,
        attendance=side.attendance,
        powers=side.powers,
        roster=side.roster,
        arrivals=_arrivals(bridge, stored, profiles),
        inbox=inbox,
        ephemeral=ephemeral,
        posting=_posting(bridge, stored, side, rooms, late_answers),
        speakers=side.speakers,
        venue=_venue(bridge, stored, rooms, members, ghosts),
        rights=rights,
        moderation=moderation,
        gaps=gaps,
        puppets=puppets,
        server=_server(bridge, stored, inbox, rooms),
        encryption=encryption,
        keys_work=work_of(encryption, bridge, stored, inbox),
    )


def _venue(
    bridge: Foundation, stored: StoreSide, rooms: RoomSide, members: Members, ghosts: Ghosts
) -> Venue:
    learning = Learning(stored.portals, ghosts, bridge.intents, bridge.clock)
    return Venue(stored.portals, rooms.making, members, stored.owners, rooms.wholes, learning)


def _ghosts(bridge: Foundation, stored: StoreSide) -> Ghosts:
    names, writer = bridge.config.namespaces, stored.store.writer
    return Ghosts(stored.people, writer, bridge.intents, names, bridge.clock)


def _profiles(bridge: Foundation, stored: StoreSide) -> tuple[Profiles, Renaming]:
    """The two need each other: whose name is another one is looked up."""
    later: Later[Renaming] = Later()
    profiles = Profiles(bridge.intents, lambda user, name: later.get().shown(user, name))
    renaming = Renaming(
        networks=bridge.networks,
        owners=stored.owners,
        profiles=profiles,
        signer=bridge.signer,
        writer=stored.store.writer,
        clock=bridge.clock,
    )
    return profiles, later.put(renaming)


def _late_answers(bridge: Foundation, inbox: Later[Inbox]) -> LateAnswers:
    late_answers = LateAnswers(intents=bridge.intents, backlog=inbox.get)
    bridge.status.attach(late_answers)
    return late_answers


def _arrivals(bridge: Foundation, stored: StoreSide, profiles: Profiles) -> Arrivals:
    return Arrivals(
        networks=bridge.networks,
        portals=stored.portals,
        own=own_logins(bridge, stored),
        owners=stored.owners,
        profiles=profiles,
        intents=bridge.intents,
        clock=bridge.clock,
    )


def _inbox(
    bridge: Foundation,
    stored: StoreSide,
    sorting: Sorting,
    ephemeral: Ephemeral,
    encryption: Encryption | None,
) -> Inbox:
    ledger = Transactions(stored.store, stored.queue, bridge.in_force.waiting, bridge.clock)
    return Inbox(
        *(ledger, sorting, bridge.clock),
        listener=ephemeral,
        hidden=stored.sealed.hidden,
        opening=_opening(bridge, stored, encryption),
    )


def _opening(
    bridge: Foundation, stored: StoreSide, encryption: Encryption | None
) -> Callable[[str], Opening | None]:
    if encryption is None:
        return partial(noticed, unread_rooms(bridge, stored).noticed)
    return lambda _: encryption.opener.begin()


def _sorting(
    bridge: Foundation,
    stored: StoreSide,
    members: Members,
    profiles: Profiles,
    late_answers: LateAnswers,
    rights: Rights,
    powers: Powers,
    moderation: ModerationSide,
    overruled: Overruled,
) -> Sorting:
    return Sorting(
        namespaces=bridge.config.namespaces,
        portals=stored.portals,
        members=members,
        profiles=profiles,
        late_answers=late_answers,
        returning=returning(bridge, stored, late_answers),
        signer=bridge.signer,
        status=bridge.status,
        own=own_logins(bridge, stored),
        rights=rights,
        powers=powers,
        moderation=moderation.asked,
        overruled=overruled,
        now=partial(millis, bridge.clock),
        busy=stored.queue.busy,
        prefix=bridge.config.commands.prefix,
    )


def _gaps(bridge: Foundation, stored: StoreSide) -> Gaps:
    return Gaps(
        networks=bridge.networks,
        portals=stored.portals,
        rows=GapRows(stored.store.reader),
        people=stored.people,
        queue=stored.queue,
        writer=stored.store.writer,
        clock=bridge.clock,
        braked=stored.brake.stops,
    )


def _server(bridge: Foundation, stored: StoreSide, inbox: Inbox, rooms: RoomSide) -> Server:
    return Server(
        hs_token=bridge.config.appservice.hs_tokens,
        events=inbox,
        on_alias=rooms.queries.alias_exists,
        on_user=rooms.queries.user_exists,
        third_party=rooms.third_party,
        on_wake=stored.queue.catch_up,
    )
