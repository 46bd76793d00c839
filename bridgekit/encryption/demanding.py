"""Where nothing may cross in plain text: what is refused, in either direction, and how it is told.

The bridge's own words are said all the same: without them nobody would know why.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bridgekit.ids import RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.encrypted import OUTSIDE, SECRET, WHY, NotEncrypted, Why
from bridgekit.matrix.late_answers import NOTICE

KEPT = 10_000
PLAIN_ROOM = (
    "⚠ Messages from the other side are not shown here: this room is not encrypted, and nothing "
    "crosses in plain text. Switch encryption on in the settings of this room."
)


class Demanding:
    """`demanded` says in which rooms, `asks` which events ask for encryption and so are taken."""

    def __init__(
        self,
        demanded: Callable[[RoomID], bool],
        is_ours: Callable[[UserID], bool],
        asks: Callable[[Mapping[str, Any]], bool],
        tell: Callable[[RoomID, str], Awaitable[None]],
    ) -> None:
        self._demanded, self._is_ours, self._asks, self._tell = demanded, is_ours, asks, tell
        self._told: LRU[RoomID, bool] = LRU(KEPT)

    def refused(self, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """An event that came in plain text, as it goes on where it may not; None: it may.

        It goes on without what it says, and its sender is told as of one that cannot be read.
        """
        if event["type"] not in SECRET or "state_key" in event or not event["content"]:
            return None
        room, sender = RoomID(event["room_id"]), UserID(event["sender"])
        if not self._demanded(room) or self._is_ours(sender) or self._asks(event):
            return None
        content = event["content"]
        kept = {name: content[name] for name in OUTSIDE if name in content}
        if content.get("msgtype") == "m.notice":
            kept["msgtype"] = "m.notice"  # a program said it: it must not be answered each time
        return {**event, "type": "m.room.encrypted", "content": {**kept, WHY: Why.PLAIN.value}}

    async def check(self, room: RoomID, content: Mapping[str, Any]) -> None:
        """Before something is said in a room that is not encrypted.

        Raises `NotEncrypted` if that may not be, once its people know. May raise `RetryLater`.
        """
        if NOTICE in content or not self._demanded(room):
            return
        if room not in self._told:
            await self._tell(room, PLAIN_ROOM)
            self._told.put(room, value=True)
        raise NotEncrypted
