"""What a running bridge consists of that tells who types and how far people have read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.ephemeral.hearing import Ephemeral
from bridgekit.ephemeral.receipts import Receipts
from bridgekit.ephemeral.spoken_for import SpokenFor
from bridgekit.ephemeral.typing_notices import TypingToMatrix, TypingToNetwork
from bridgekit.membership.members import Members
from bridgekit.person.profiles import Profiles
from bridgekit.puppets.following import Following
from bridgekit.store.receipts import ReceiptRows
from bridgekit.to_matrix.receipt import ReceiptsToMatrix
from bridgekit.to_network.own_login import OwnLogins
from bridgekit.to_network.receipt import ReceiptsToNetwork
from bridgekit.to_network.relay import Relay


def own_logins(bridge: Foundation, stored: StoreSide) -> OwnLogins:
    """Whose own login shows what they do besides speaking."""
    names = bridge.config.namespaces
    return OwnLogins(bridge.networks, names, bridge.permissions, stored.owners)


def ephemeral_side(
    bridge: Foundation,
    stored: StoreSide,
    members: Members,
    profiles: Profiles,
    following: Following,
    drained: Callable[[], Awaitable[None]],
) -> Ephemeral:
    clock, portals = bridge.clock, stored.portals
    intents, status, owners = bridge.intents, bridge.status, stored.owners
    own, names = own_logins(bridge, stored), bridge.config.namespaces
    spoken_for = SpokenFor(bridge.networks, names, bridge.permissions, Relay(owners))
    return Ephemeral(
        receipts=Receipts(
            rows=ReceiptRows(stored.store.reader),
            writer=stored.store.writer,
            portals=portals,
            queue=stored.queue,
            to_matrix=ReceiptsToMatrix(portals, members.rows, owners, intents, following),
            to_network=ReceiptsToNetwork(own, portals, profiles, bridge.signer, clock),
            echo=following.read_by_us,
            status=status,
            clock=clock,
            drained=drained,
        ),
        to_matrix=TypingToMatrix(portals, members.rows, owners, intents, status, clock),
        to_network=TypingToNetwork(own, spoken_for, portals, profiles, status, clock),
    )
