"""What other bridges say of a room: that they bridge it too, and to what (MSC2346). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bridgekit.ids import ChatID, UserID
from bridgekit.printable import printable
from bridgekit.room.bridge_info import KINDS

LONGEST = 100  # letters of what they say


@dataclass(frozen=True, slots=True)
class OtherBridge:
    """One chat that another bridge has in the room, in its words."""

    bot: str
    protocol: str
    network: str
    chat: str

    @property
    def described(self) -> str:
        """For people."""
        where = self.network or self.protocol
        return printable(f"{self.chat[:LONGEST]} on {where[:LONGEST]}, by {self.bot[:LONGEST]}")

    def may_be(self, protocol: str, chat: ChatID) -> bool:
        """Whether it may be this chat: the protocol and the name are the same."""
        same = self.protocol.casefold() == protocol.casefold()
        return same and _bare(self.chat) == _bare(chat)

    def is_on(self, names: Collection[str]) -> bool:
        """Whether its network seems to be the one of these names; one that it leaves out is."""
        theirs = _letters(self.network)
        ours = [_letters(name) for name in names]
        return not theirs or any(one in theirs or theirs in one for one in ours if one)


def other_bridges(state: Iterable[Mapping[str, Any]], bot: UserID) -> list[OtherBridge]:
    """The chats that bridges other than ours have in a room of this state."""
    found: dict[OtherBridge, None] = {}
    for event in state:
        content = event.get("content")
        if event.get("type") not in KINDS or not isinstance(content, Mapping) or not content:
            continue
        theirs = content.get("bridgebot") or event.get("sender")
        if bot not in (theirs, event.get("sender")):
            names = (_id(content, part) for part in ("protocol", "network", "channel"))
            found[OtherBridge(str(theirs), *names)] = None
    return list(found)


def _id(content: Mapping[str, Any], part: str) -> str:
    named = content.get(part)
    found = named.get("id") if isinstance(named, Mapping) else None
    return found if isinstance(found, str) else ""


def _bare(chat: str) -> str:
    return chat.casefold().lstrip("#")


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
