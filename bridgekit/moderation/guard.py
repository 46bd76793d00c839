"""Counts what crosses, and stops circles and, where the operator wants that, floods.

Asked for every message: it waits for nothing and asks nobody. Where it stops something it says so
once; everybody else goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.ids import RoomID
from bridgekit.lru import LRU
from bridgekit.models import Millis
from bridgekit.moderation.meter import Measure, Meter, Verdict
from bridgekit.moderation.pauses import Pauses
from bridgekit.moderation.rounds import Rounds, Turn
from bridgekit.reasons import Reason

JUDGED = 2_000  # events whose verdict is remembered: what could not be stored comes again


class Crossing(NamedTuple):
    """One message on its way. `chat` is where it was said: a room, or a portal's chat.

    `known_by` tells that it is the same when it comes again; "" where nothing does.
    """

    chat: str
    room: RoomID | None
    network: str  # "" where it comes from Matrix
    who: str
    known_by: str
    at: Millis
    words: str


@dataclass(frozen=True, slots=True)
class Stop:
    """`crossing` was one too many: what `people` say is not bridged for `seconds`.

    None: what anybody says in that chat. `reason`: FLOOD or CIRCLE.
    """

    crossing: Crossing
    reason: Reason
    seconds: float
    people: tuple[str, ...] = ()


class Guard:
    """`alarm` is told of each stop; it must not block."""

    def __init__(
        self, settings: ModerationSettings, now: Callable[[], Millis], alarm: Callable[[Stop], None]
    ) -> None:
        pause = settings.pause
        self._people: Meter[tuple[str, str]] | None = None
        if settings.sender_burst is not None:
            self._people = Meter(Measure(settings.sender_rate, settings.sender_burst, pause))
        self._chats: Meter[str] | None = None
        if settings.chat_burst is not None:
            self._chats = Meter(Measure(settings.chat_rate, settings.chat_burst, pause))
        self._rounds = Rounds() if settings.circles else None
        self._stopped: Pauses[tuple[str, str]] = Pauses(pause)
        self._judged: LRU[str, Reason | None] = LRU(JUDGED)
        self._now, self._alarm = now, alarm

    def objection(self, crossing: Crossing) -> Reason | None:
        """Why it may not cross; None: it may."""
        known_by = crossing.known_by
        if known_by and known_by in self._judged:
            return self._judged.get(known_by)
        now = self._now()
        why = self._flood(crossing, now) or self._circle(crossing, now)
        if known_by:
            self._judged.put(known_by, why)
        return why

    def _flood(self, crossing: Crossing, now: Millis) -> Reason | None:
        if self._people is not None:
            key = (crossing.chat, crossing.who)
            verdict = self._people.take(key, crossing.at, now)
            if verdict is Verdict.SHUTS:
                people = (crossing.who,)
                self._alarm(Stop(crossing, Reason.FLOOD, self._people.shut_for(key, now), people))
            if verdict is not Verdict.PASSES:
                return Reason.FLOOD
        if self._chats is not None:
            verdict = self._chats.take(crossing.chat, crossing.at, now)
            if verdict is Verdict.SHUTS:
                seconds = self._chats.shut_for(crossing.chat, now)
                self._alarm(Stop(crossing, Reason.FLOOD, seconds))
            if verdict is not Verdict.PASSES:
                return Reason.FLOOD
        return None

    def _circle(self, crossing: Crossing, now: Millis) -> Reason | None:
        if self._rounds is None:
            return None
        room, who = crossing.room or crossing.chat, crossing.who
        if self._stopped.any and self._stopped.last((room, who), now):
            return Reason.CIRCLE
        way = crossing.chat if crossing.network else ""
        people = self._rounds.closes(Turn(room, way, who, crossing.at, crossing.words), now)
        if not people:
            return None
        seconds = max([self._stopped.begin((room, one), now) for one in sorted(people)])
        self._alarm(Stop(crossing, Reason.CIRCLE, seconds, tuple(sorted(people))))
        return Reason.CIRCLE
