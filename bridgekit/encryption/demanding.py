"""Where nothing may be said in plain text: what is refused, in either direction, and how it is
told.

The bridge's own words are said all the same: without them nobody would know why.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridgekit.ids import RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.encrypted import COMMAND, OUTSIDE, SECRET, WAS, WHY, NotEncrypted, Why
from bridgekit.matrix.late_answers import NOTICE

KEPT = 10_000
ENCRYPT, CONFIRM = "encrypt", "confirm"
Tell = Callable[[RoomID, str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A room in which a network's words would be in plain text and may not. `key` is of `notice`,
    which its people are told once; `why` is what the operator reads of each message.
    """

    key: str
    notice: str
    why: str


PLAIN_ROOM = Kind(
    "not encrypted",
    "⚠ Messages from the other side are not shown here: this room is not encrypted, and nothing "
    "crosses in plain text. Whoever may change its settings, or an admin of this bridge, can "
    "switch encryption on: by `encrypt`.",
    "Its room is not encrypted, and nothing crosses in plain text.",
)
SECRET_ROOM = Kind(
    "encrypted, and not read",
    "⚠ This room is encrypted, and this bridge is set to read no encrypted rooms: nothing that is "
    "said here crosses, and messages from the other side are not shown here. They are kept, and "
    "can be shown once the operator has switched encryption on.",
    "Its room is encrypted, and the bridge encrypts nothing (`encryption.mode`).",
)


class Stopping:
    """Of one kind of rooms."""

    def __init__(self, kind: Kind, tell: Tell) -> None:
        """`tell` says the second thing in a room, once for each third."""
        self._kind, self._tell = kind, tell
        self._told: LRU[RoomID, bool] = LRU(KEPT)

    async def check(self, room: RoomID, content: Mapping[str, Any]) -> None:
        """Raises `NotEncrypted`, once people know, but for the bridge's own words. May raise
        `RetryLater`.
        """
        if NOTICE in content:
            return
        if room not in self._told:
            await self._tell(room, self._kind.notice, self._kind.key)
            self._told.put(room, value=True)
        raise NotEncrypted(self._kind.why)


class Demanding:
    """`demanded` says in which rooms, `typed` what follows the prefix of a command."""

    def __init__(
        self,
        demanded: Callable[[RoomID], bool],
        is_ours: Callable[[UserID], bool],
        typed: Callable[[Mapping[str, Any]], str | None],
        tell: Tell,
    ) -> None:
        self._demanded, self._is_ours, self._typed = demanded, is_ours, typed
        self._stopping = Stopping(PLAIN_ROOM, tell)

    def refused(self, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """An event that came in plain text, as it goes on where it may not; None: it may.

        It goes on without what it says, and its sender is told as of one that cannot be read. The
        commands that make a plain room an encrypted one are taken.
        """
        if event["type"] not in SECRET or "state_key" in event or not event["content"]:
            return None
        room, sender = RoomID(event["room_id"]), UserID(event["sender"])
        if not self._demanded(room) or self._is_ours(sender):
            return None
        typed = self._typed(event)
        if typed is not None and typed.split()[:1] in ([ENCRYPT], [CONFIRM]):
            return None
        content = event["content"]
        kept = {name: content[name] for name in OUTSIDE if name in content}
        if content.get("msgtype") == "m.notice":
            kept["msgtype"] = "m.notice"  # a program said it: it must not be answered each time
        kept[WAS] = event["type"]
        if typed is not None:
            kept[COMMAND] = True
        return {**event, "type": "m.room.encrypted", "content": {**kept, WHY: Why.PLAIN.value}}

    async def check(self, room: RoomID, content: Mapping[str, Any]) -> None:
        """Before something is said in a room that is not encrypted.

        Raises `NotEncrypted` if that may not be, once its people know. May raise `RetryLater`.
        """
        if self._demanded(room):
            await self._stopping.check(room, content)
