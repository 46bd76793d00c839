"""What both sides must show at the end of a story: everything once, in order, as of the last word.

Pure: a step says here what it did before or right after it does it, and `compare` holds the two
sides against what is written down.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

Undo = Callable[[], Awaitable[object]]
"""Takes back what was done."""


class Side(StrEnum):
    MATRIX = "Matrix"
    NETWORK = "network"


class Crossing(StrEnum):
    """Whether the other side must show something."""

    MUST = "must"
    MAY = "may"  # at most once
    NEVER = "never"


@dataclass(slots=True, eq=False)
class Said:
    """Something that was said; `shown_as` is its ID on the other side, once a step looked it up."""

    side: Side
    who: str
    text: str
    id: str
    generation: int = 0
    reply_to: Said | None = None
    crossing: Crossing = Crossing.MUST
    refused: bool = False
    """The network would not take it: its sender must be told."""
    unanswered: bool = False
    """The network took it and its answer got lost: an answer to it may not know whom it answers."""
    versions: list[str] = field(default_factory=list)
    deleted: bool = False
    reactions: dict[tuple[Side, str, str], Undo] = field(default_factory=dict)
    """Who reacted with what."""
    anew: bool = False
    """The room was replaced while an edit was on its way: that is a message, in the new one."""
    overtaken: set[tuple[Side, str, str]] = field(default_factory=set)
    """Of these, what had not come over yet when the room was replaced: then it is about nothing."""
    shown_as: str | None = None

    def __post_init__(self) -> None:
        self.versions.append(self.text)

    def edit(self, text: str) -> None:
        self.text = text
        self.versions.append(text)

    def __str__(self) -> str:
        return f"{self.side}: {self.who} {self.versions}"


def unquoted(text: str) -> str:
    """An answer without whom it answers (`nick: `), or with which words (`<nick> "words" <- `)."""
    return text.rpartition(" <- ")[2].rpartition(": ")[2]


@dataclass(slots=True)
class Chat:
    """One chat and its room; `rooms` are the room and what it was upgraded to."""

    name: str
    rooms: list[str] = field(default_factory=list)
    linked: bool = True
    said: list[Said] = field(default_factory=list)
    pinned: list[Said] = field(default_factory=list)
    topic: str | None = None

    @property
    def room(self) -> str:
        return self.rooms[-1]

    @property
    def generation(self) -> int:
        return len(self.rooms) - 1

    def say(self, said: Said) -> Said:
        said.generation = self.generation
        if not self.linked:
            # What a network said meanwhile may come with its history once there is a link again.
            said.crossing = Crossing.NEVER if said.side is Side.MATRIX else Crossing.MAY
        self.said.append(said)
        return said

    def of(self, side: Side) -> list[Said]:
        return [one for one in self.said if one.side is side]

    def targets(self, side: Side | None = None, who: str | None = None) -> list[Said]:
        """What somebody may refer to now: there, of this room, and on its way at least."""
        return [
            one
            for one in self.said
            if not one.deleted
            and one.generation == self.generation
            and one.crossing is not Crossing.NEVER
            and self.linked
            and side in (None, one.side)
            and who in (None, one.who)
        ]

    def with_text(self, text: str) -> Said | None:
        return next((one for one in self.said if text in one.versions), None)


@dataclass(slots=True)
class Model:
    """All chats."""

    chats: dict[str, Chat]

    def with_text(self, text: str) -> Said | None:
        found = (chat.with_text(text) for chat in self.chats.values())
        return next((one for one in found if one is not None), None)

    def everything(self) -> Iterator[Said]:
        for chat in self.chats.values():
            yield from chat.said
