"""What a running bridge consists of that opens, links and gives up rooms because people say so."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bridgekit.commands.command import AnyCommand
from bridgekit.commands.place import Rooms
from bridgekit.commands.verbs.create import create
from bridgekit.commands.verbs.delete import delete
from bridgekit.commands.verbs.direction import direction
from bridgekit.commands.verbs.encrypt import encrypt
from bridgekit.commands.verbs.link import link
from bridgekit.commands.verbs.open import open_
from bridgekit.commands.verbs.start import start
from bridgekit.commands.verbs.unlink import unlink
from bridgekit.composition.matrix_parts import MatrixSide
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.permissions.rights import Right
from bridgekit.room.by_hand import ByHand
from bridgekit.room.consent import Consent
from bridgekit.room.encrypting import Encrypting
from bridgekit.room.giving_up import GivingUp
from bridgekit.room.learning import Learning
from bridgekit.room.opening import Opening
from bridgekit.room.portals import ghost_of
from bridgekit.store.words import WordRows


def room_commands(
    bridge: Foundation, stored: StoreSide, matrix: MatrixSide
) -> Iterator[AnyCommand]:
    """In the order in which help lists them."""
    by_hand, giving_up = _by_hand(bridge, stored, matrix), _giving_up(bridge, stored, matrix)
    opening = _opening(bridge, stored, matrix)
    yield start(opening)
    yield open_(opening)
    yield create(opening)
    yield link(by_hand)
    yield direction(by_hand)
    yield encrypt(
        Encrypting(
            *(bridge.intents, Rooms(bridge.intents).check_power),
            is_admin=lambda user: bridge.permissions.may(user, Right.ADMIN),
            ghost=partial(ghost_of, bridge.config.namespaces),
        )
    )
    yield unlink(giving_up)
    yield delete(giving_up)


def _by_hand(bridge: Foundation, stored: StoreSide, matrix: MatrixSide) -> ByHand:
    return ByHand(
        networks=bridge.networks,
        portals=stored.portals,
        linking=matrix.rooms.linking,
        circles=matrix.rooms.circles,
        consent=Consent(stored.owners, bridge.permissions),
        policies=matrix.moderation.asked.policies,
        intents=bridge.intents,
        clock=bridge.clock,
        whose=WordRows(stored.store.reader).whose,
    )


def _giving_up(bridge: Foundation, stored: StoreSide, matrix: MatrixSide) -> GivingUp:
    return GivingUp(
        portals=stored.portals,
        owners=stored.owners,
        permissions=bridge.permissions,
        unlinking=matrix.rooms.unlinking,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        configured=matrix.rooms.linking.configured,
    )


def _opening(bridge: Foundation, stored: StoreSide, matrix: MatrixSide) -> Opening:
    return Opening(
        networks=bridge.networks,
        portals=stored.portals,
        owners=stored.owners,
        members=matrix.members,
        intents=bridge.intents,
        namespaces=bridge.config.namespaces,
        clock=bridge.clock,
        with_room=matrix.rooms.linking.with_room,
        consent=Consent(stored.owners, bridge.permissions),
        learning=Learning(stored.portals, matrix.ghosts, bridge.intents, bridge.clock),
    )
