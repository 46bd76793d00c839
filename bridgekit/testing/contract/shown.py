"""What is to be seen on either side of a stage, now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bridgekit.events import Message
from bridgekit.past.unheard import MISSED
from bridgekit.richtext import plain
from bridgekit.testing.contract.network import FakeNetwork, Heard
from bridgekit.testing.crash.rooms import replaces
from bridgekit.testing.homeserver.rooms import Room
from bridgekit.testing.homeserver.world import World

JSON = dict[str, Any]
LOSS = MISSED.partition("{")[0]
_MARKER = "dev.bridgekit.marker"


@dataclass(frozen=True, slots=True)
class OnMatrix:
    """What the room shows; `ghosts` is how the IDs of people of the network begin."""

    world: World
    room: Room
    ghosts: str
    bot: str

    @property
    def events(self) -> list[JSON]:
        """Oldest first; what was deleted is not there."""
        shown = [event.for_clients(0) for event in self.room.events]
        return [event for event in shown if "redacted_because" not in event["unsigned"]]

    def of_ghosts(self, kind: str = "") -> list[JSON]:
        """What people of the network did, of one type or of any."""
        found = [one for one in self.events if one["sender"].startswith(self.ghosts)]
        return [one for one in found if kind in ("", one["type"])]

    def said(self) -> list[JSON]:
        """What people of the network said, as it was said first."""
        return [one for one in self.of_ghosts("m.room.message") if not replaces(one)]

    def bodies(self) -> list[str]:
        """The texts of it, in order."""
        return [str(event["content"].get("body")) for event in self.said()]

    def edited(self) -> list[JSON]:
        """How people of the network changed what they had said."""
        return [one for one in self.of_ghosts("m.room.message") if replaces(one)]

    def notices(self) -> list[str]:
        """What the bridge told people."""
        return [
            str(event["content"]["body"])
            for event in self.events
            if event["content"].get("msgtype") == "m.notice"
            and event["sender"].startswith((self.bot, self.ghosts))
            and _MARKER not in event["content"]
        ]

    def losses(self) -> list[str]:
        """The lines that say that something may be missing."""
        return [one for one in self.texts() if one.startswith(LOSS)]

    def texts(self) -> list[str]:
        """What everybody said, the bridge too, in order."""
        said = (one for one in self.events if one["type"] == "m.room.message")
        return [str(one["content"].get("body")) for one in said]

    def typing(self) -> Sequence[str]:
        """Who is seen typing."""
        return self.world.typing.get(self.room.id, ())

    def readers(self) -> Sequence[str]:
        """Whose receipts there are."""
        return [user for room, _, user, *_ in self.world.read if room == self.room.id]


@dataclass(frozen=True, slots=True)
class OnNetwork:
    """What the network has heard."""

    network: FakeNetwork

    def messages(self) -> Iterator[tuple[str, Heard]]:
        """Those that say something, each with its text."""
        for one in self.network.heard():
            if isinstance(one.content, Message):
                yield plain(one.content.text), one

    def texts(self) -> Sequence[str]:
        return [text for text, _ in self.messages()]

    def times(self, words: str) -> int:
        """In how many messages these words are."""
        return sum(words in text for text in self.texts())
