"""What we sent as people, when the homeserver pushes it back: ours, and not what they typed.

Where the homeserver lets us say when an event was sent, its time decides. With a person's own token
it does not; then the first event with a mark is the one that we sent, since who copies it does so
later, and what the homeserver pushes is read in order (delivery rule 13).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridgekit.ids import EventID, RoomID
from bridgekit.matrix.late_answers import LateAnswers
from bridgekit.models import Millis
from bridgekit.puppets.marks import PUPPET, Mark, mark_of
from bridgekit.room.portals import Portals
from bridgekit.signing import Signer

LATELY = 600_000  # milliseconds in which whoever copies a mark does so while we remember it


class Returning:
    """Asked of nearly nothing: only what bears a mark is looked at."""

    def __init__(
        self,
        signer: Signer,
        late_answers: LateAnswers,
        portals: Portals,
        now: Callable[[], Millis],
    ) -> None:
        self._signer, self._late_answers = signer, late_answers
        self._portals, self._now = portals, now

    @staticmethod
    def marked(event: Mapping[str, Any]) -> bool:
        """Whether it must be asked about."""
        return PUPPET in event["content"]

    async def ours(self, event: Mapping[str, Any]) -> bool:
        """Whether we have sent this very event; asked in the order in which events come."""
        mark = mark_of(self._signer, event)
        if mark is None:
            return False
        if mark.dated:
            return mark.at == event.get("origin_server_ts")
        known = self._late_answers.event_of(mark.marker)
        if known is not None:
            return known == EventID(event["event_id"])
        if self._now() - mark.at < LATELY:
            return True
        return await self._long_ago(event, mark)

    async def _long_ago(self, event: Mapping[str, Any], mark: Mark) -> bool:
        """The homeserver, or the bridge, was away in between, and what we knew is forgotten."""
        for portal in await self._portals.in_room(RoomID(event["room_id"])):
            if await self._portals.rows.of_event(portal.id, EventID(event["event_id"])):
                return True
        sent = event.get("origin_server_ts")
        return isinstance(sent, int) and abs(sent - mark.at) < LATELY
