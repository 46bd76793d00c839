"""What is known of an encrypted room while something is said in it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from vodozemac import GroupSession

from bridgekit.ids import UserID
from bridgekit.lru import LRU
from bridgekit.models import Millis
from bridgekit.store.encryption import RoomKey

MESSAGES, PERIOD = 100, 604_800_000  # for which a key is used (spec, "m.room.encryption")
MOST_MESSAGES = 10_000
SPEAKERS = 1_000  # of a room, of whom is known that everybody has their key


@dataclass(slots=True)
class Outbound:
    """The key of one who speaks there. `seen` is `Room.changes` when everybody had it."""

    key: RoomKey | None = None
    session: GroupSession | None = None
    shares: dict[tuple[UserID, str], str] = field(default_factory=dict)
    seen: int = -1
    look_again: Millis = 0


@dataclass(slots=True)
class Room:
    """For how many messages a key is used, and how long; `speakers` are ghosts, or the bot."""

    messages: int
    period: Millis
    readers: frozenset[UserID] = frozenset()
    changes: int = 0
    speakers: LRU[str, Outbound] = field(default_factory=lambda: LRU(SPEAKERS))

    def of(self, speaker: str) -> Outbound:
        return self.speakers.get(speaker) or self.speakers.put(speaker, Outbound())

    def outdated(self) -> None:
        """Somebody else may have to have the keys, or must not have the next ones."""
        self.changes += 1

    def worn(self, key: RoomKey | None, now: Millis) -> bool:
        """Whether it was used for as much as one may be."""
        return key is None or key.messages >= self.messages or now - key.made_at >= self.period


def room_of(settings: object) -> Room:
    """`settings` are what the room says of its encryption."""
    found = settings if isinstance(settings, dict) else {}
    messages = _number(found.get("rotation_period_msgs"), MESSAGES, MOST_MESSAGES)
    return Room(messages, _number(found.get("rotation_period_ms"), PERIOD, PERIOD))


def _number(value: object, usual: int, most: int) -> int:
    right = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return min(value, most) if right and isinstance(value, int) else usual
