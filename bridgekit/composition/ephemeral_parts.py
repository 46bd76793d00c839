"""What a running bridge consists of that tells who types and how far people have read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.ephemeral.hearing import Ephemeral
from bridgekit.ephemeral.receipts import Receipts
from bridgekit.ephemeral.typing_notices import TypingToMatrix, TypingToNetwork
from bridgekit.membership.members import Members
from bridgekit.person.profiles import Profiles
from bridgekit.store.receipts import ReceiptRows
from bridgekit.to_matrix.receipt import ReceiptsToMatrix
from bridgekit.to_network.own_login import OwnLogins
from bridgekit.to_network.receipt import ReceiptsToNetwork


def own_logins(bridge: Foundation) -> OwnLogins:
    """Whose own login shows what they do besides speaking."""
    config = bridge.config
    return OwnLogins(bridge.networks, config.namespaces, config.permissions, bridge.signer)


def ephemeral_side(
    bridge: Foundation,
    stored: StoreSide,
    members: Members,
    profiles: Profiles,
    drained: Callable[[], Awaitable[None]],
) -> Ephemeral:
    clock, portals = bridge.clock, stored.portals
    intents, status, owners = bridge.intents, bridge.status, stored.owners
    own = own_logins(bridge)
    return Ephemeral(
        receipts=Receipts(
            rows=ReceiptRows(stored.store.reader),
            writer=stored.store.writer,
            portals=portals,
            queue=stored.queue,
            to_matrix=ReceiptsToMatrix(portals, members.rows, owners, intents),
            to_network=ReceiptsToNetwork(own, portals, profiles, bridge.signer, clock),
            status=status,
            clock=clock,
            drained=drained,
        ),
        to_matrix=TypingToMatrix(portals, members.rows, owners, intents, status, clock),
        to_network=TypingToNetwork(own, portals, profiles, status, clock),
    )
