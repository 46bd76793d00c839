"""The rows that the core keeps: frozen, plain, and the same whatever stores them.

Times are milliseconds since the epoch, UTC, as Matrix counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from bridgekit.events import MemberState
from bridgekit.ids import (
    EventID,
    JobID,
    LoginID,
    MessageID,
    NetworkName,
    PortalID,
    PortalKey,
    Reference,
    RemoteUserID,
    RoomID,
    UserID,
)
from bridgekit.pieces import Piece
from bridgekit.references import reference

Millis = int


class Direction(StrEnum):
    """Which way a lane runs; a control lane is a room's own business."""

    TO_MATRIX = "to_matrix"
    TO_NETWORK = "to_network"
    CONTROL = "control"


class Lane(NamedTuple):
    """An ordered queue: of a portal (its ID as text) or, for control, of a room."""

    direction: Direction
    owner: str

    @property
    def portal(self) -> PortalID | None:
        """The portal whose lane this is; None for a room's control lane."""
        return None if self.direction is Direction.CONTROL else PortalID(int(self.owner))


def lane_to_matrix(portal: PortalID) -> Lane:
    return Lane(Direction.TO_MATRIX, str(portal))


def lane_to_network(portal: PortalID) -> Lane:
    return Lane(Direction.TO_NETWORK, str(portal))


def lane_of_room(room: RoomID) -> Lane:
    return Lane(Direction.CONTROL, room)


@dataclass(frozen=True, slots=True)
class Draft:
    """A job before it is stored. `seen` are the keys that make it known when it comes again.

    `target` is the event or message that it changes, as an edit or a deletion does; `shows`
    the message that it is, where that has an ID, which then is its source.
    """

    lane: Lane
    key: str
    kind: str
    body: str
    source: str
    received_at: Millis
    seen: tuple[str, ...] = ()
    target: str | None = None
    shows: MessageID | None = None

    def job(self, number: JobID, at: Millis, unheard_of: int | None = None) -> Job:
        """What it is once it is stored, at that time, under that ID."""
        said = (self.key, self.kind, self.source, self.received_at, self.body)
        return Job(
            number, self.lane, *said, stored_at=at, target=self.target, unheard_of=unheard_of
        )


@dataclass(frozen=True, slots=True)
class Job:
    """One unit of work in a lane. `body` is a record (`codec.py`); None while not loaded.

    `key` is unique and never used again, by nobody. `source` is what people know it by: a Matrix
    event ID or the network's message ID. `deaths`: how often the bridge stopped while it was being
    sent. `doubtful`: it was already stored when this process started, so it may have been sent
    before. `not_before`: when an earlier process wanted to try it again. `stored_at`: when the
    bridge had decided what to do with it, as it is stored with that.
    """

    id: JobID
    lane: Lane
    key: str
    kind: str
    source: str
    received_at: Millis
    body: str | None
    attempts: int = 0
    deaths: int = 0
    doubtful: bool = False
    not_before: Millis = 0
    stored_at: Millis = 0
    target: str | None = None
    unheard_of: int | None = None  # since when nobody has heard of its message: `lanes/news.py`

    @property
    def reference(self) -> Reference:
        return reference(self.id)


class PartState(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"  # the write-ahead mark: from here to the answer nobody knows
    DOUBT = "doubt"  # the same while no bridge runs: the last one stopped in order
    SENT = "sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the messages that a job becomes. `body` is None where the job is the only part."""

    number: int
    txn: str
    state: PartState = PartState.PLANNED
    body: str | None = None
    ids: tuple[MessageID, ...] = ()
    piece: Piece | None = field(default=None, compare=False)  # what `body` says, unless it is read


class Step(StrEnum):
    """What happens to a job at a time that an operator may ask for."""

    STORED = "stored"
    CLAIMED = "claimed"  # first worked on, by the process that ended it
    SENT = "sent"  # the last answer that took a piece of it
    TOLD = "told"  # its sender was told of its failure


class Fate(StrEnum):
    """What is known of a job that failed."""

    NEVER_SENT = "never_sent"
    PARTLY = "partly"  # its first parts were accepted; the rest was not sent
    REJECTED = "rejected"  # the other side refused it
    UNKNOWN = "unknown"
    EXPIRED = "expired"  # it waited for longer than it may


class Result(StrEnum):
    """How a job ended."""

    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The step record of one job: written in the commit that finishes or buries it.

    `waits` are milliseconds by cause; `tries` say when, and why each that failed did;
    `targets` are the event or message IDs that it became. `network` is "" for a room's own
    business; `fate` is None where nothing failed.
    """

    job: JobID
    lane: Lane
    kind: str
    source: str
    result: Result
    reason: str
    detail: str
    received_at: Millis
    finished_at: Millis
    waits: Mapping[str, int] = field(default_factory=dict)
    tries: tuple[Mapping[str, str | int], ...] = ()
    targets: tuple[str, ...] = ()
    network: str = ""
    steps: Mapping[Step, Millis] = field(default_factory=dict)
    fate: Fate | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A message of the network and the event that shows it.

    `sender` is who wrote it: a Matrix user's ID, or a remote user's. `at`: when that was stored.
    `login` is what we sent it through; None: others wrote it.
    """

    portal: PortalID
    message: MessageID
    part: int
    event: EventID
    sender: str
    at: Millis = 0
    login: LoginID | None = None


class PortalState(StrEnum):
    NEW = "new"  # no room, and nobody has asked for one
    WANTED = "wanted"  # a room is to be made with the first event, or was asked for
    CREATING = "creating"  # the room may exist already
    BOUND = "bound"


class Flow(StrEnum):
    """Which way a portal carries messages."""

    BOTH = "both"
    TO_MATRIX = "to_matrix"
    TO_NETWORK = "to_network"


@dataclass(frozen=True, slots=True)
class Portal:
    """A chat tied to a room. `ours`: we made the room. `relay`: see `Relay.of`.

    `since`: when its bridging began; None: nobody has asked for it, or not any more. `other`: see
    `counterpart`. `former`: the last room that it had and has no more.
    """

    id: PortalID
    key: PortalKey
    state: PortalState = PortalState.NEW
    room: RoomID | None = None
    flow: Flow = Flow.BOTH
    ours: bool = False
    relay: str | None = None
    since: Millis | None = None
    other: RemoteUserID | None = None
    former: RoomID | None = None

    @property
    def private(self) -> bool:
        return self.key.receiver is not None


@dataclass(frozen=True, slots=True)
class Ghost:
    """A remote user's account in our namespace; `name` is the one last set on Matrix."""

    network: NetworkName
    user: RemoteUserID
    mxid: UserID
    name: str | None = None
    made_at: Millis = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Want:
    """Where a remote user should be: the desired state that membership is reconciled to.

    `state` is JOIN, LEAVE or BAN; `actor` put them out ("": nobody known; None: they left).
    """

    portal: PortalID
    user: RemoteUserID
    state: MemberState
    reason: str = ""
    actor: RemoteUserID | None = None


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """A homeserver transaction that is accepted but not yet split to lanes."""

    id: int
    txn: str
    body: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something that could not be understood, kept for the operator."""

    origin: str
    body: str
    why: str
    at: Millis
