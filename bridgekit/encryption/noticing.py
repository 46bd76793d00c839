"""Which rooms are encrypted, where the bridge reads none of them: what it takes to say so.

Needs no library. If encrypted rooms are read one day, what was seen here holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridgekit.ids import RoomID
from bridgekit.matrix.encrypted import GIVEN_UP, given_up, unreadable
from bridgekit.store.encryption import Change, save_settings

_KIND = "m.room.encryption"


Heard = Callable[[RoomID], None]


def noticed(heard: Heard, body: str) -> Noticing | None:
    """For a transaction; None where nothing of it is for us: that costs next to nothing."""
    return Noticing(heard) if _KIND in body or GIVEN_UP in body else None


class Noticing:
    """The events of one transaction, as they are (`Opening` of `matrix/encrypted.py`).

    `heard` is told which rooms are encrypted, once that is stored.
    """

    def __init__(self, heard: Heard) -> None:
        self._heard, self._rooms = heard, list[RoomID]()
        self._changes: list[Change] = []

    async def open(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        # What an invitation shows of its room is what a stranger's homeserver says of it, which can
        # claim that of any room: of those that a chat gets the room itself is asked (`look`).
        if event["type"] == _KIND and event.get("state_key") == "":
            self._rooms.append(RoomID(event["room_id"]))
            self._changes.append(save_settings(self._rooms[-1], json.dumps(event["content"])))
        why = given_up(event)
        return event if why is None else unreadable(event, why)

    def changes(self) -> Sequence[Change]:
        """For the commit of the split."""
        return self._changes

    def stored(self) -> None:
        """The commit is made."""
        for room in self._rooms:
            self._heard(room)
