"""Where a late answer of the homeserver is settled: what became of a send whose answer was lost.

The homeserver remembers a transaction ID only for a while, and not over a restart. So before a
doubtful send is repeated, its marker is looked for: among our own events that came back to us,
then, once what the homeserver still had for us is read, in the room's recent history (rule 14).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents

MARKER = "dev.bridgekit.marker"
NOTICE = "dev.bridgekit.notice"  # the same, of a word of the bridge's own
REMEMBERED = 10_000
HISTORY = 200
READINGS = 200  # as many lanes may be in doubt at once and are read once each; more, again


Who = UserID | tuple[UserID, ...] | None
"""Whose events to look among, besides the bot's; the first that may read the room does."""


class Backlog(Protocol):
    """What the homeserver has given us and we have not read yet."""

    async def drained(self) -> None: ...


@dataclass(slots=True, eq=False)
class _Reading:
    """All that is in a room of the bot's and some others', by marker, once it is `whole`.

    It is kept or forgotten as one: of half of it, what is missing would count as never accepted.
    """

    events: dict[str, EventID] = field(default_factory=dict)
    whole: bool = False


class LateAnswers:
    """Our own events as they come back, by marker."""

    def __init__(self, intents: Intents, backlog: Callable[[], Backlog]) -> None:
        self._intents, self._backlog = intents, backlog
        self._seen: OrderedDict[str, EventID] = OrderedDict()
        self._readings: OrderedDict[tuple[RoomID, tuple[UserID, ...]], _Reading] = OrderedDict()

    def came_back(self, content: Mapping[str, Any], event: EventID) -> None:
        """The homeserver pushed one of our own events to us."""
        marker = _marker(content)
        if marker is not None:
            self._seen[marker] = event
            _forget_the_oldest(self._seen, REMEMBERED)

    def event_of(self, marker: str) -> EventID | None:
        """The event that bears a marker, as far as is remembered."""
        return self._seen.get(marker)

    def answered(self, room: RoomID, who: Who, content: Mapping[str, Any], event: EventID) -> None:
        """The homeserver has taken an event, so what was read before shows too little."""
        self.came_back(content, event)
        reading, marker = self._readings.get((room, _all(who))), _marker(content)
        if reading is not None and marker is not None:
            reading.events[marker] = event
            if len(reading.events) > 2 * HISTORY:  # it was settled long ago
                self.lost(room, who)

    def lost(self, room: RoomID, who: Who) -> None:
        """An answer of this room was lost just now: what was read of it before is not enough."""
        self._readings.pop((room, _all(who)), None)

    async def find(self, room: RoomID, marker: str, who: Who = None) -> EventID | None:
        """The event that carries `marker`, sent by one of `who` or the bot; None: never accepted.

        May raise what any request may: then nothing is known yet.
        """
        await self._backlog().drained()
        if marker in self._seen:
            return self._seen[marker]
        # Of what an earlier process sent, one reading shows all: a lane may have many in doubt.
        senders = _all(who)
        reading = self._readings.get((room, senders))
        if reading is None or not reading.whole:
            reading = await self._read(room, senders)
        return reading.events.get(marker)

    async def _read(self, room: RoomID, senders: tuple[UserID, ...]) -> _Reading:
        # There before it begins: what is lost meanwhile is lost to it, what is answered is in it.
        reading = self._readings[room, senders] = _Reading()
        _forget_the_oldest(self._readings, READINGS)
        for event in await self._history(room, senders):
            content = event.get("content")
            marker = _marker(content) if isinstance(content, dict) else None
            if marker is not None:
                reading.events[marker] = EventID(str(event.get("event_id")))
        reading.whole = True
        return reading

    async def _history(
        self, room: RoomID, senders: tuple[UserID, ...]
    ) -> Sequence[Mapping[str, Any]]:
        everybody = [self._intents.bot, *senders]
        # A ghost that was put out reads no more: then the bot does.
        for reader in (*senders, None):
            try:
                return await self._intents.recent(room, HISTORY, reader, everybody)
            except Refused:
                continue
        return ()


def _all(who: Who) -> tuple[UserID, ...]:
    if isinstance(who, tuple):
        return who
    return () if who is None else (who,)


def _marker(content: Mapping[str, Any]) -> str | None:
    marker = content.get(MARKER) or content.get(NOTICE)
    return marker if isinstance(marker, str) else None


def _forget_the_oldest(memory: OrderedDict[Any, Any], most: int) -> None:
    while len(memory) > most:
        memory.popitem(last=False)
