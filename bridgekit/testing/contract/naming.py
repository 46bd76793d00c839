"""The IDs that a fake network gives: a message has one of its own, for ever."""

from __future__ import annotations

from bridgekit.events import Content, Location, Message, Poll, Unsupported
from bridgekit.ids import MessageID
from bridgekit.testing.contract.story import Broken

_SAID = (Message, Poll, Location, Unsupported)


class Named:
    """What has been given an ID so far."""

    def __init__(self) -> None:
        self._given: set[MessageID] = set()

    def give(self, content: Content, named: MessageID | None) -> None:
        """`Broken` where something else has that ID already."""
        if named is None or not isinstance(content, _SAID):
            return
        if named in self._given:
            raise Broken(
                f"The fake gave the ID {named} twice: a message ID is unique within its chat for "
                "ever, whoever said it."
            )
        self._given.add(named)
