"""What handles the lanes to Matrix, put together: one part per kind of event."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bridgekit.composition.matrix_parts import MatrixSide
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.lanes.lane import may_have_sent
from bridgekit.media.side import MediaSide
from bridgekit.scanning.report import Report
from bridgekit.store.relations import Relations
from bridgekit.to_matrix.authors import Authors
from bridgekit.to_matrix.changes import Changes
from bridgekit.to_matrix.chat import Chats
from bridgekit.to_matrix.deletion import Deletions
from bridgekit.to_matrix.delivery import Deliveries
from bridgekit.to_matrix.dispatch import ToMatrix
from bridgekit.to_matrix.doubts import Doubts
from bridgekit.to_matrix.echo import Echoes
from bridgekit.to_matrix.edit import Edits
from bridgekit.to_matrix.examining import Examining
from bridgekit.to_matrix.files import Files
from bridgekit.to_matrix.kinds import Kinds
from bridgekit.to_matrix.location import Locations
from bridgekit.to_matrix.membership import Memberships
from bridgekit.to_matrix.message import Messages
from bridgekit.to_matrix.overtaken import Overtaken
from bridgekit.to_matrix.pin import Pins
from bridgekit.to_matrix.poll import Polls
from bridgekit.to_matrix.posting import Posting
from bridgekit.to_matrix.reaction import Reactions
from bridgekit.to_matrix.relating import Relating
from bridgekit.to_matrix.showing import Showing
from bridgekit.to_matrix.speakers import Speakers
from bridgekit.to_matrix.targets import Targets
from bridgekit.to_matrix.vote import Votes


@dataclass(frozen=True, slots=True)
class _Tools:
    """What most kinds need."""

    targets: Targets
    changes: Changes
    authors: Authors
    files: Files
    posting: Posting
    speakers: Speakers


def to_matrix(
    bridge: Foundation, stored: StoreSide, matrix: MatrixSide, media: MediaSide
) -> ToMatrix:
    """The handler of all lanes to Matrix."""
    relations = Relations(stored.store.reader)
    report = Report(stored.store.writer, bridge.clock)
    examining = Examining(media.scan, report, stored.owners.mxid)
    tools = _Tools(
        targets=Targets(stored.portals, relations, stored.jobs, stored.queue),
        changes=Changes(relations, bridge.signer),
        authors=Authors(stored.owners, matrix.ghosts, matrix.puppets.voices),
        files=Files(media.uploads, bridge.intents.encrypts, examining),
        posting=matrix.posting,
        speakers=matrix.speakers,
    )
    return ToMatrix(
        networks=bridge.networks,
        portals=stored.portals,
        owners=stored.owners,
        echoes=Echoes(
            stored.portals,
            bridge.flights,
            stored.owners,
            partial(may_have_sent, stored.queue.lanes),
        ),
        doubts=Doubts(stored.jobs, bridge.status, stored.store.writer),
        kinds=_kinds(bridge, stored, matrix, tools),
        examining=examining,
        news=stored.queue.news,
        moderation=matrix.moderation.asked,
        jobs=stored.jobs,
        linked=matrix.ephemeral.receipts.linked,
    )


def _kinds(bridge: Foundation, stored: StoreSide, matrix: MatrixSide, tools: _Tools) -> Kinds:
    targets, changes, posting = tools.targets, tools.changes, tools.posting
    intents, owners, writer = bridge.intents, stored.owners, stored.store.writer
    relating = Relating(targets, tools.authors)
    messages = Messages(
        posting=posting,
        venue=matrix.venue,
        speakers=tools.speakers,
        authors=tools.authors,
        files=tools.files,
        relating=relating,
        spoke=matrix.ephemeral.to_matrix.said,
        linked=matrix.ephemeral.receipts.linked,
    )
    showing = Showing(matrix.venue, targets, changes, posting, tools.speakers, relating)
    return Kinds(
        messages=messages,
        edits=_edits(bridge, messages, tools),
        deletions=Deletions(targets, changes, posting, tools.authors, bridge.flights, writer),
        reactions=_reactions(tools),
        pins=Pins(targets, intents),
        locations=Locations(showing, messages),
        polls=Polls(showing, messages, targets, posting, tools.speakers),
        votes=Votes(targets, changes, posting, tools.speakers, intents),
        chats=Chats(
            stored.portals,
            matrix.rooms.info,
            Overtaken(stored.queue, stored.jobs, owners, intents, matrix.rooms.info),
            tools.files,
            matrix.rooms.upkeep.wake,
        ),
        memberships=Memberships(intents, matrix.moves, owners),
        deliveries=Deliveries(targets, owners, intents, bridge.status, bridge.signer),
    )


def _edits(bridge: Foundation, messages: Messages, tools: _Tools) -> Edits:
    return Edits(
        targets=tools.targets,
        changes=tools.changes,
        messages=messages,
        posting=tools.posting,
        speakers=tools.speakers,
        authors=tools.authors,
        intents=bridge.intents,
    )


def _reactions(tools: _Tools) -> Reactions:
    return Reactions(
        targets=tools.targets,
        changes=tools.changes,
        posting=tools.posting,
        speakers=tools.speakers,
        authors=tools.authors,
        files=tools.files,
    )
