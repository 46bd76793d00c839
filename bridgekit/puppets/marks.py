"""The signed mark in what we send as a person, by which we know it when it comes back; pure.

It is bound to the room, the person, the event's marker, and the time at which it was sent: a client
that copies the contents of events makes an event of its person's own (delivery rule 13).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.late_answers import MARKER
from bridgekit.models import Millis
from bridgekit.signing import Signer

PUPPET = "dev.bridgekit.puppet"
_DATED, _UNDATED = "d", "u"


@dataclass(frozen=True, slots=True)
class Mark:
    """`dated`: `at` is the time that the event itself bears, as the homeserver let us say it."""

    marker: str
    at: Millis
    dated: bool


def signed(
    signer: Signer, content: Mapping[str, Any], room: RoomID, user: UserID, mark: Mark
) -> dict[str, Any]:
    """The content, which bears `mark.marker`, as said by us in the name of `user`."""
    kind = _DATED if mark.dated else _UNDATED
    return {**content, PUPPET: f"{kind}{mark.at}.{_sign(signer, room, user, mark)}"}


def mark_of(signer: Signer, event: Mapping[str, Any]) -> Mark | None:
    """The mark of an event, if we have signed it for this room and sender."""
    content = event["content"]
    word, marker = content.get(PUPPET), content.get(MARKER)
    if not isinstance(word, str) or not isinstance(marker, str):
        return None
    when, _, signature = word[1:].partition(".")
    if word[:1] not in {_DATED, _UNDATED} or not (when.isascii() and when.isdigit()):
        return None
    mark = Mark(marker, int(when[:16]), word[0] == _DATED)
    expected = _sign(signer, RoomID(event["room_id"]), UserID(event["sender"]), mark)
    same = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
    return mark if same else None


def _sign(signer: Signer, room: RoomID, user: UserID, mark: Mark) -> str:
    kind = _DATED if mark.dated else _UNDATED
    return signer.said_as(user, room, mark.marker, f"{kind}{mark.at}")
