"""What is to be sent to a room for one job, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridgekit.events import Content
from bridgekit.ids import EventID, MessageID, PortalID, RoomID, UserID
from bridgekit.lanes.journey import Journey
from bridgekit.models import Link, Millis, Portal
from bridgekit.networks import Network
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.speakers import Speaker


@dataclass(frozen=True, slots=True)
class Post:
    """What is the same in every repetition of one job's sends.

    `source` is what the network's event is known by, `kind` what is done with it: together they
    make the transaction ID. `there`: by their parts, the events that are known to be sent.
    """

    journey: Journey
    portal: Portal
    network: Network
    room: RoomID
    source: str
    at: Millis
    kind: str = "message"
    there: Mapping[int, EventID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is not sent yet. `part` is its place among those of one message."""

    type: str
    content: Mapping[str, Any]
    part: int = 0


Drafts = Callable[[Speaker], Sequence[Draft]]
"""The events to send; what they say may depend on whether the bot has to say it."""


@dataclass(slots=True)
class Posted:
    """What became of a post so far: its events by their parts, in order, and who sent the last.

    `failed`: why the others are not sent and never will be.
    """

    sent: dict[int, EventID]
    speaker: Speaker
    failed: Exception | None = None

    @property
    def events(self) -> tuple[EventID, ...]:
        return tuple(self.sent.values())

    @property
    def detail(self) -> str:
        """What the outcome says of it."""
        by_bot = self.speaker.name is not None
        return "Delivered by the bot, in the sender's name." if by_bot else ""

    def links(self, portal: PortalID, message: MessageID | None, sender: str | None) -> list[Link]:
        """What ties the message to its events; nothing where it has no ID."""
        if message is None:
            return []
        sent = self.sent.items()
        return [Link(portal, message, part, event, sender or "") for part, event in sent]


@dataclass(frozen=True, slots=True)
class Sent:
    """An event that is to be taken back, and who may have sent it."""

    event: EventID
    senders: tuple[UserID, ...]


def post_of(scene: Scene[Content], room: RoomID, kind: str = "message", source: str = "") -> Post:
    """The sends of one event; `source`: where it is known by more than its place in a job."""
    named, there = source or (scene.source if kind == "message" else scene.act), scene.there
    return Post(scene.journey, scene.portal, scene.network, room, named, scene.at, kind, there)
