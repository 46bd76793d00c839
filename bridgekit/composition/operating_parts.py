"""What a running bridge consists of by which its operator holds it, counts it and takes it down."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bridgekit.commands.command import AnyCommand
from bridgekit.commands.verbs.brake import brake, release
from bridgekit.commands.verbs.retire import retire
from bridgekit.commands.verbs.stats import Encryption, stats
from bridgekit.composition.matrix_parts import MatrixSide
from bridgekit.composition.people_parts import PeopleSide
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.lanes.journey import millis
from bridgekit.matrix.deactivation import deactivate
from bridgekit.operating.retiring import Retiring
from bridgekit.room.spaces import Spaces
from bridgekit.store.encryption import EncryptionRows
from bridgekit.store.retiring import RetiringRows
from bridgekit.store.unread_events import UnreadEvents


def operating_commands(
    bridge: Foundation, stored: StoreSide, matrix: MatrixSide, people: PeopleSide
) -> Iterator[AnyCommand]:
    """In the order in which `help` lists them."""
    now, began = partial(millis, bridge.clock), millis(bridge.clock)
    yield brake(stored.brake, bridge.networks, now)
    yield release(stored.brake, now)
    encrypted = partial(_encryption, bridge.config.encryption.mode, stored, matrix)
    yield stats(bridge.status.counts, bridge.history, stored.queue, lambda: began, encrypted)
    yield retire(_retiring(bridge, stored, matrix, people), bridge.networks)


async def _encryption(mode: str, stored: StoreSide, matrix: MatrixSide) -> Encryption:
    reader, side = stored.store.reader, matrix.encryption
    rooms, unread = await EncryptionRows(reader).rooms(), await UnreadEvents(reader).waiting()
    refused = 0 if side is None else side.refused
    return Encryption(mode=mode, rooms=len(rooms), unread=unread, refused=refused)


def _retiring(
    bridge: Foundation, stored: StoreSide, matrix: MatrixSide, people: PeopleSide
) -> Retiring:
    names, enters = bridge.config.namespaces, matrix.puppets.following.enters
    return Retiring(
        brake=stored.brake,
        networks=bridge.networks,
        portals=stored.portals,
        unlinking=matrix.rooms.unlinking,
        spaces=Spaces(bridge.intents, names, bridge.signer, enters),
        people=stored.people,
        rows=RetiringRows(stored.store.reader),
        writer=stored.store.writer,
        intents=bridge.intents,
        deactivate=partial(deactivate, bridge.homeserver),
        sign_out=people.signing_out.end,
        clock=bridge.clock,
    )
