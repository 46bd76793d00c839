"""Policy lists: whom moderators elsewhere have named, as the rules of their rooms say.

Spec: "Moderation policy lists". Pure but for what it remembers; `PolicyRooms` reads the rooms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate
from typing import Any, NamedTuple

from bridgekit.ids import RoomID, UserID
from bridgekit.lru import LRU

KEPT = 10_000
BAN = frozenset({"m.ban", "org.matrix.mjolnir.ban"})
LONGEST = 255  # letters that an identifier has at most
MOST = 50_000  # rules of one list


class Subject(StrEnum):
    """What a rule is about."""

    USER = "user"
    SERVER = "server"
    ROOM = "room"


# As lists that are in use spell them: the spec's, and those from before it.
KINDS: Mapping[str, Subject] = {
    f"{prefix}{subject}": subject
    for subject in Subject
    for prefix in ("m.policy.rule.", "m.room.rule.", "org.matrix.mjolnir.rule.")
}


class _Rule(NamedTuple):
    """`glob` is None for an entity without wildcards."""

    subject: Subject
    entity: str
    glob: re.Pattern[str] | None


@dataclass(slots=True)
class _Rules:
    """Of all lists, about one kind of subject."""

    exact: set[str] = field(default_factory=set)
    globs: list[re.Pattern[str]] = field(default_factory=list)

    def name(self, entity: str) -> bool:
        return entity in self.exact or any(glob.fullmatch(entity) for glob in self.globs)


class Policies:
    """What the lists say now."""

    def __init__(self) -> None:
        self._lists: dict[RoomID, dict[tuple[str, str], _Rule]] = {}
        self._rules = {subject: _Rules() for subject in Subject}
        self._verdicts: LRU[tuple[Subject, str], bool] = LRU(KEPT)

    @property
    def any(self) -> bool:
        """Whether anybody is named at all."""
        return any(rules.exact or rules.globs for rules in self._rules.values())

    def knows(self, room: RoomID) -> bool:
        """Whether this room is a list."""
        return room in self._lists

    def bars(self, user: UserID) -> bool:
        """Whether a list names this user, or their server."""
        if not self.any:
            return False
        server = user.partition(":")[2].partition(":")[0]  # rules name no port
        return self._named(Subject.USER, user) or self._named(Subject.SERVER, server)

    def bars_room(self, room: str) -> bool:
        """Whether a list names this room, by its ID or an alias."""
        return self.any and self._named(Subject.ROOM, room)

    def read(self, room: RoomID, state: Iterable[Mapping[str, Any]]) -> None:
        """The whole state of a list; what was known of it before is forgotten."""
        self._lists[room] = {}
        for event in state:
            self._put(room, event)
        self._put_together()

    def forget(self, room: RoomID) -> None:
        """A list counts no more."""
        if self._lists.pop(room, None) is not None:
            self._put_together()

    def changed(self, room: RoomID, event: Mapping[str, Any]) -> None:
        """One rule of a list was made, changed or taken back."""
        if self.knows(room):
            self._put(room, event)
            self._put_together()

    def _put(self, room: RoomID, event: Mapping[str, Any]) -> None:
        subject = KINDS.get(str(event.get("type")))
        if subject is None:
            return
        rules, key = self._lists[room], (str(event["type"]), str(event.get("state_key")))
        rules.pop(key, None)
        entity = _barred(event.get("content"))
        if entity is not None and len(rules) < MOST:
            rules[key] = _Rule(subject, entity, glob(entity))

    def _put_together(self) -> None:
        self._rules = {subject: _Rules() for subject in Subject}
        self._verdicts = LRU(KEPT)
        for rules in self._lists.values():
            for rule in rules.values():
                of_subject = self._rules[rule.subject]
                if rule.glob is None:
                    of_subject.exact.add(rule.entity)
                else:
                    of_subject.globs.append(rule.glob)

    def _named(self, subject: Subject, entity: str) -> bool:
        key = (subject, entity)
        known = self._verdicts.get(key)
        if known is None:
            known = self._verdicts.put(key, self._rules[subject].name(entity))
        return known


def _barred(content: object) -> str | None:
    """Whom a rule's content bars; None: nobody, as once it was taken back."""
    if not isinstance(content, Mapping):
        return None
    entity, recommended = content.get("entity"), content.get("recommendation")
    if not isinstance(recommended, str) or recommended not in BAN:
        return None
    return entity if isinstance(entity, str) and 0 < len(entity) <= LONGEST else None


def glob(entity: str) -> re.Pattern[str] | None:
    """`*` stands for anything, `?` for one letter (spec, appendix "Glob-style matching").

    None: it has neither. However many `*` it has, a match takes no longer for them.
    """
    if "*" not in entity and "?" not in entity:
        return None
    return re.compile(translate(entity.replace("[", "[[]")))
