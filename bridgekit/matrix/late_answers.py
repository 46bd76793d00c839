"""Where a late answer of the homeserver is settled: what became of a send whose answer was lost.

The homeserver remembers a transaction ID only for a while, and not over a restart. So before a
doubtful send is repeated, its marker is looked for: among our own events that came back to us,
then, once what the homeserver still had for us is read, in the room's recent history (rule 14).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents

MARKER = "dev.bridgekit.marker"
NOTICE = "dev.bridgekit.notice"  # the same, of a word of the bridge's own
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
        self._read: OrderedDict[tuple[RoomID, UserID | None], None] = OrderedDict()

    def came_back(self, content: Mapping[str, Any], event: EventID) -> None:
        """The homeserver pushed one of our own events to us."""
        marker = content.get(MARKER) or content.get(NOTICE)
        if isinstance(marker, str):
            self._seen[marker] = event
            _forget_the_oldest(self._seen)

    def lost(self, room: RoomID, as_user: UserID | None) -> None:
        """An answer of this room was lost just now: what was read of it before is not enough."""
        self._read.pop((room, as_user), None)

    async def find(
        self, room: RoomID, marker: str, as_user: UserID | None = None
    ) -> EventID | None:
        """The event that carries `marker`, sent by `as_user` or the bot; None: never accepted.

        May raise what any request may: then nothing is known yet.
        """
        await self._backlog().drained()
        # Of what an earlier process sent, one reading shows all: a lane may have many in doubt.
        if marker not in self._seen and (room, as_user) not in self._read:
            for event in await self._history(room, as_user):
                content = event.get("content")
                if isinstance(content, dict):
                    self.came_back(content, EventID(str(event.get("event_id"))))
            self._read[room, as_user] = None
            _forget_the_oldest(self._read)
        return self._seen.get(marker)

    async def _history(self, room: RoomID, as_user: UserID | None) -> Sequence[Mapping[str, Any]]:
        senders = [self._intents.bot, *([as_user] if as_user else [])]
        for reader in (as_user, None):  # a ghost that was put out reads no more: then the bot does
            try:
                return await self._intents.recent(room, HISTORY, reader, senders)
            except Refused:
                continue
        return ()


def _forget_the_oldest(memory: OrderedDict[Any, Any]) -> None:
    while len(memory) > REMEMBERED:
        memory.popitem(last=False)
