"""Which rooms are encrypted, where the bridge reads none of them: what it takes to say so.

Needs no library. If encrypted rooms are read one day, what was seen here holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridgekit.ids import RoomID
from bridgekit.store.encryption import Change, save_settings

_KIND = "m.room.encryption"


class Noticing:
    """The events of one transaction, as they are (`Opening` of `matrix/encrypted.py`)."""

    def __init__(self) -> None:
        self._changes: list[Change] = []

    async def open(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        for settings in _said(event):
            self._changes.append(save_settings(RoomID(event["room_id"]), json.dumps(settings)))
        return event

    def changes(self) -> Sequence[Change]:
        """For the commit of the split."""
        return self._changes

    def stored(self) -> None:
        """Nobody waits for it."""


def _said(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """How its room is encrypted, if it says so: by its state, or as an invitation shows it."""
    if event["type"] == _KIND and event.get("state_key") == "":
        yield event["content"]
    unsigned = event.get("unsigned")
    shown = unsigned.get("invite_room_state") if isinstance(unsigned, dict) else None
    for state in shown if isinstance(shown, list) else ():
        if isinstance(state, dict) and state.get("type") == _KIND and state.get("state_key") == "":
            content = state.get("content")
            yield content if isinstance(content, dict) else {}
