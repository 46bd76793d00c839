"""What handles the lanes to networks, put together."""

from __future__ import annotations

from bridgekit.composition.matrix_parts import MatrixSide
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.gates import Gates
from bridgekit.media.side import MediaSide
from bridgekit.originals import Originals
from bridgekit.person.relay_names import RelayNames
from bridgekit.store.relations import Relations
from bridgekit.store.unread_events import UnreadEvents
from bridgekit.to_network.dispatch import ToNetwork
from bridgekit.to_network.examining import Examining
from bridgekit.to_network.feedback import Feedback
from bridgekit.to_network.fitting import Fitting
from bridgekit.to_network.marks import Marks
from bridgekit.to_network.reading import Reading
from bridgekit.to_network.relay import Relay
from bridgekit.to_network.send_status import SendStatus
from bridgekit.to_network.speaker import Speakers
from bridgekit.to_network.targets import Targets


def to_network(
    bridge: Foundation, stored: StoreSide, matrix: MatrixSide, media: MediaSide
) -> ToNetwork:
    """The handler of all lanes to networks."""
    return ToNetwork(
        networks=bridge.networks,
        portals=stored.portals,
        owners=stored.owners,
        speakers=Speakers(
            owners=stored.owners,
            relay=Relay(stored.owners),
            profiles=matrix.profiles,
            names=RelayNames(stored.people, stored.store.writer),
            permissions=bridge.permissions,
        ),
        jobs=stored.jobs,
        writer=stored.store.writer,
        signer=bridge.signer,
        flights=bridge.flights,
        queue=stored.queue,
        gates=Gates(bridge.clock, stored.brake),
        marks=Marks(stored.people, stored.store.writer),
        reading=_reading(bridge, stored, matrix, media),
        examining=Examining(media.opened),
        feedback=_feedback(bridge, stored, matrix),
        moved=matrix.rooms.upkeep.wake,
        linked=matrix.ephemeral.receipts.linked,
        clock=bridge.clock,
    )


def _feedback(bridge: Foundation, stored: StoreSide, matrix: MatrixSide) -> Feedback:
    shown = bridge.config.rooms.send_status
    return Feedback(
        status=bridge.status,
        send_status=SendStatus(bridge.intents, bridge.signer, shown),
        portals=stored.portals,
        ghosts=matrix.ghosts,
        people=stored.people,
        writer=stored.store.writer,
    )


def _reading(
    bridge: Foundation, stored: StoreSide, matrix: MatrixSide, media: MediaSide
) -> Reading:
    originals = Originals(bridge.intents)
    relations = Relations(stored.store.reader)
    unread = UnreadEvents(stored.store.reader)
    targets = Targets(stored.portals, relations, stored.jobs, stored.queue, originals, unread)
    fitting = Fitting(media.links, originals, matrix.profiles)
    return Reading(targets, stored.jobs, originals, fitting, matrix.rights)
