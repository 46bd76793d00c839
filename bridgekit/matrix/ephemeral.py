"""What a transaction tells besides events: who types, and how far people have read.

Pure. What is malformed is left out: none of it is worth a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.reading import storable

# The name since Matrix 1.13, and the one before it (MSC2409). Synapse sends both, the same twice.
SPELLINGS = ("ephemeral", "de.sorunome.msc2409.ephemeral")
LONGEST = 255  # bytes of an identifier (spec, appendix "Common identifier format")
MOST = 1000  # people of one notice
UNTHREADED = (None, "main")


@dataclass(frozen=True, slots=True)
class Read:
    """Somebody has read everything in a room up to an event."""

    room: RoomID
    user: UserID
    event: EventID


@dataclass(frozen=True, slots=True)
class NowTyping:
    """Everybody who types in a room (spec: `m.typing`); whoever is missing does not."""

    room: RoomID
    users: frozenset[UserID]


def heard(content: Mapping[str, Any]) -> Iterator[Read | NowTyping]:
    """What a transaction tells, under whichever name."""
    for event in _events(content):
        if not isinstance(event, dict) or not isinstance(event.get("content"), dict):
            continue
        if not _identifier(event.get("room_id")):
            continue
        room = RoomID(event["room_id"])
        if event.get("type") == "m.receipt":
            yield from _receipts(room, event["content"])
        elif event.get("type") == "m.typing" and isinstance(event["content"].get("user_ids"), list):
            users = filter(_identifier, event["content"]["user_ids"][:MOST])
            yield NowTyping(room, frozenset(map(UserID, users)))


def _events(content: Mapping[str, Any]) -> Iterable[Any]:
    lists = (content.get(name) for name in SPELLINGS)
    return next((found for found in lists if isinstance(found, list) and found), ())


def _receipts(room: RoomID, content: Mapping[str, Any]) -> Iterator[Read]:
    """One for each person, of the whole timeline: the latest. Private ones are nobody's business.

    Where a thread ends is no place in the chat, so what is read of a thread alone is left out.
    """
    latest: dict[str, tuple[float, str]] = {}
    for event, user, data in _public(content):
        at = data.get("ts")
        at = at if isinstance(at, int) and not isinstance(at, bool) else 0
        known = latest.get(user)
        if data.get("thread_id") in UNTHREADED and (known is None or known[0] <= at):
            latest[user] = (at, event)
    for user, (_, event) in latest.items():
        yield Read(room, UserID(user), EventID(event))


def _public(content: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each `m.read` (spec: `m.receipt`): its event, whose it is, and what else it says."""
    for event, kinds in content.items():
        people = kinds.get("m.read") if isinstance(kinds, dict) else None
        if not _identifier(event) or not isinstance(people, dict):
            continue
        for user, data in people.items():
            if _identifier(user) and isinstance(data, dict):
                yield event, user, data


def _identifier(word: object) -> bool:
    if not isinstance(word, str) or not word or not storable(word):
        return False
    return len(word.encode()) <= LONGEST
