"""What is said to the bridge itself is sealed before it is stored, as it may hold a secret.

That is whatever is said in a room that is not bridged, where commands need no prefix, what begins
with the prefix anywhere, and what the bridge itself says: its answers show links, codes and tokens.
Nothing else is. `room/control.py` opens it, and nobody else does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from bridgekit.commands.addressed import addressed
from bridgekit.ids import RoomID
from bridgekit.matrix.late_answers import MARKER, NOTICE
from bridgekit.matrix.transaction import Malformed, well_formed
from bridgekit.namespaces import Namespaces
from bridgekit.puppets.marks import PUPPET
from bridgekit.room.portals import Portals
from bridgekit.sealing import Sealing, Unreadable, is_sealed, looks_sealed

_MESSAGE = "m.room.message"


class Opened(NamedTuple):
    """What somebody said. `prefix`: the one of commands that it began with when it came.

    `sealed`: it was for the bridge then, with or without a prefix.
    """

    content: Mapping[str, Any]
    prefix: str | None = None
    sealed: bool = False


class SealedWords:
    """Seals whole transactions, and opens one event."""

    def __init__(
        self, sealing: Sealing, namespaces: Namespaces, portals: Portals, prefix: str
    ) -> None:
        self._sealing, self._namespaces = sealing, namespaces
        self._portals, self._prefix = portals, prefix

    async def hidden(self, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A transaction as it may be stored; None: as it is, which it nearly always is."""
        events = content.get("events")
        if not isinstance(events, list):
            return None
        kept = [self._sealed(one) if await self._is_for_us(one) else one for one in events]
        same = all(one is event for one, event in zip(kept, events, strict=True))
        return None if same else {**content, "events": kept}

    def opened(self, event: Mapping[str, Any]) -> Opened:
        """An event as it was said."""
        content: Mapping[str, Any] = event["content"]
        if not holds_sealed(event):
            return Opened(content)
        try:
            opened = self._sealing.open(content["body"], _place(event))
        except Unreadable:
            return Opened(content)  # somebody wrote it so themselves
        said, prefix = json.loads(opened)
        return Opened(said, prefix, sealed=True)

    async def _is_for_us(self, event: Any) -> bool:
        try:
            known = well_formed(event)
        except Malformed:
            return False
        if known["type"] != _MESSAGE or not known["content"]:
            return False
        if self._namespaces.is_ours(known["sender"]):
            return NOTICE in known["content"]  # a network's words go on as they are
        if PUPPET in known["content"]:
            return False
        if addressed(known, self._prefix):
            return True
        return not await self._portals.in_room(RoomID(known["room_id"]))

    def _sealed(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        content = event["content"]
        prefix = self._prefix if addressed(event, self._prefix) else None
        try:
            text = json.dumps([content, prefix])
        except RecursionError:  # at the very edge, one is read and not written; nobody means that
            return {**event, "content": {}}
        marks = {mark: content[mark] for mark in (MARKER, NOTICE) if mark in content}
        body = self._sealing.seal(text, _place(event))
        return {**event, "content": {"msgtype": "m.text", "body": body, **marks}}


def holds_sealed(event: Mapping[str, Any]) -> bool:
    """Whether it looks sealed; somebody may have written it so themselves."""
    body = event["content"].get("body")
    return isinstance(body, str) and is_sealed(body)


def still_sealed(event: Mapping[str, Any]) -> bool:
    """Whether what could not be opened is ours: sealed with a key that is configured no more."""
    content = event["content"]
    ours = content.keys() <= {"msgtype", "body", MARKER, NOTICE}
    return ours and holds_sealed(event) and looks_sealed(content["body"])


def _place(event: Mapping[str, Any]) -> str:
    return f"event:{event['event_id']}"
