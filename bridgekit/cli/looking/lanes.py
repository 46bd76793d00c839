"""A lane, told to people: which chat of which network, and which way."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridgekit.ids import PortalID
from bridgekit.models import Direction, Lane, Portal
from bridgekit.store.portals import PortalRows

WAYS = {
    Direction.TO_MATRIX: "to Matrix",
    Direction.TO_NETWORK: "to the network",
    Direction.CONTROL: "the room's own business",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job belongs; `network` and `chat` are None for a room's own business."""

    network: str | None
    chat: str | None
    room: str | None

    def __str__(self) -> str:
        if self.network is None:
            return f"room {self.room}"
        return f"{self.network} {self.chat}"


@dataclass(slots=True)
class Places:
    """Looks lanes up, each portal once."""

    rows: PortalRows
    _known: dict[PortalID, Portal | None] = field(default_factory=dict)

    async def of(self, lane: Lane) -> Place:
        if lane.portal is None:
            return Place(None, None, lane.owner)
        if lane.portal not in self._known:
            self._known[lane.portal] = await self.rows.by_id(lane.portal)
        portal = self._known[lane.portal]
        if portal is None:
            return Place("?", f"portal {lane.owner}", None)
        return Place(portal.key.network, portal.key.chat, portal.room)
