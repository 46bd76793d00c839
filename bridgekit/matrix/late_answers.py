"""Where a late answer of the homeserver is settled: what became of a send whose answer was lost.

The homeserver remembers a transaction ID only for a while, and not over a restart. So before a
doubtful send is repeated, its marker is looked for: among our own events that came back to us,
then, once what the homeserver still had for us is read, in the room's recent history (rule 14).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.intents import Intents

MARKER = "dev.bridgekit.marker"
REMEMBERED = 10_000
HISTORY = 200


class Backlog(Protocol):
    """What the homeserver has given us and we have not read yet."""

    async def drained(self) -> None: ...


class LateAnswers:
    """Our own events as they come back, by marker."""

    def __init__(self, intents: Intents, backlog: Callable[[], Backlog]) -> None:
        self._intents, self._backlog = intents, backlog
        self._seen: OrderedDict[str, EventID] = OrderedDict()

    def came_back(self, content: Mapping[str, Any], event: EventID) -> None:
        """The homeserver pushed one of our own events to us."""
        marker = content.get(MARKER)
        if isinstance(marker, str):
            self._remember(marker, event)

    async def find(
        self, room: RoomID, marker: str, as_user: UserID | None = None
    ) -> EventID | None:
        """The event that carries `marker`; None: it was never accepted.

        May raise what any request may: then nothing is known yet.
        """
        await self._backlog().drained()
        if marker not in self._seen:
            for event in await self._intents.recent(room, HISTORY, as_user):
                content = event.get("content")
                if isinstance(content, dict):
                    self.came_back(content, EventID(str(event.get("event_id"))))
        return self._seen.get(marker)

    def _remember(self, marker: str, event: EventID) -> None:
        self._seen[marker] = event
        self._seen.move_to_end(marker)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
