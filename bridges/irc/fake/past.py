"""What was said in a channel of the fake IRC server, for those who ask: IRCv3 draft/chathistory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

REMEMBERS = "draft/chathistory"


@dataclass(frozen=True, slots=True)
class Past:
    """A message, its ID and its time, as its line stands, and the tags that its author gave it."""

    id: str
    at: datetime
    line: str
    tags: Mapping[str, str]


@dataclass(slots=True)
class Pasts:
    """Of one channel, oldest first."""

    messages: list[Past] = field(default_factory=list)

    def has(self, message: str) -> bool:
        return any(one.id == message for one in self.messages)

    def forget(self, message: str) -> None:
        """It was taken back."""
        self.messages = [one for one in self.messages if one.id != message]

    def page(self, which: str, where: str, most: str) -> list[Past]:
        """As CHATHISTORY asks for it: LATEST, or BEFORE or AFTER a message, or AFTER a moment."""
        names = [one.id for one in self.messages]
        kind, _, reference = where.partition("=")
        if kind == "timestamp":
            moment = datetime.fromisoformat(reference)
            return [one for one in self.messages if one.at > moment][: int(most)]
        place = names.index(reference) if reference in names else None
        match which:
            case "BEFORE":
                return self.messages[:place][-int(most) :]
            case "AFTER":
                return self.messages[len(names) if place is None else place + 1 :][: int(most)]
            case _:
                return self.messages[-int(most) :]
