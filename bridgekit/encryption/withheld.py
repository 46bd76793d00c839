"""That a device does not get the key of a room, and why (spec: "m.room_key.withheld"). Pure."""

from __future__ import annotations

from typing import Any

from bridgekit.encryption.signed import MEGOLM
from bridgekit.encryption.trust import Trust
from bridgekit.ids import RoomID

WITHHELD = "m.room_key.withheld"
NO_OLM, GIVEN, NOT_GIVEN = "m.no_olm", "m.unavailable", "m.unauthorised"
_UNVERIFIED, _BLOCKED = "m.unverified", "m.blacklisted"
REASONS = {
    NO_OLM: "No one-time key of this device was left.",
    GIVEN: "It was given to this device, and is given once.",
    NOT_GIVEN: "This device could not read the room when that was said.",
    _UNVERIFIED: "The bridge gives keys to devices that their owner has verified.",
    _BLOCKED: "This device has other keys than when it was first seen, and its owner has not "
    "verified it.",
}


def code_of(trust: Trust) -> str:
    """Why a device does not get it that is trusted too little."""
    return _BLOCKED if trust is Trust.BLOCKED else _UNVERIFIED


def is_key(share: str) -> bool:
    """Whether what is stored of a device is the key by which it was given it, and no reason."""
    return bool(share) and not share.startswith("m.")  # base64 has no dots


def may_come(share: str | None) -> bool:
    """Whether a device that is trusted now is to be given it."""
    return share in (None, _UNVERIFIED, _BLOCKED)


def withheld(room: RoomID, session: str, sender_key: str, code: str) -> dict[str, Any]:
    """What that device is told."""
    return {
        "algorithm": MEGOLM,
        "room_id": room,
        "session_id": session,
        "sender_key": sender_key,
        "code": code,
        "reason": REASONS[code],
    }
