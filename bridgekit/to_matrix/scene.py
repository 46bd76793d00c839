"""One event of the network in its place in a portal's lane: what every kind is bridged from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bridgekit.events import Content, RemoteEvent
from bridgekit.ids import EventID, PortalID, RoomID
from bridgekit.lanes.journey import Journey
from bridgekit.models import Lane, Millis, Portal
from bridgekit.networks import Network

C_co = TypeVar("C_co", bound=Content, covariant=True)


@dataclass(frozen=True, slots=True)
class Scene(Generic[C_co]):
    """`event` happened in the chat of `portal`. `there`: by their parts, the events that show it
    already, where a dead job lives again.
    """

    journey: Journey
    portal: Portal
    network: Network
    event: RemoteEvent[C_co]
    there: Mapping[int, EventID] = field(default_factory=dict)

    @property
    def portal_id(self) -> PortalID:
        return self.portal.id

    @property
    def room(self) -> RoomID | None:
        return self.portal.room

    @property
    def lane(self) -> Lane:
        return self.journey.job.lane

    @property
    def at(self) -> Millis:
        """When it happened."""
        at = self.event.at
        return int(at.timestamp() * 1000) if at else self.journey.job.received_at

    @property
    def untried(self) -> bool:
        """Whether nobody has begun with it: what stands in its way is somebody else's doing."""
        return not (self.journey.doubtful or self.journey.job.attempts)

    @property
    def source(self) -> str:
        """What a message is known by: its ID, else as `act`."""
        return self.act if self.event.id is None else f"id {self.event.id}"

    @property
    def act(self) -> str:
        """What an act is known by: its place in a job, whose key nothing else has."""
        return f"job {self.journey.job.key} {self.event.key or ''}"
