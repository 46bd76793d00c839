"""What a chat can carry, for clients that hide what its network lacks (`com.beeper.room_features`).

The levels are bridgev2's: 2 fully, 1 partially, 0 unknown, -1 dropped, -2 refused. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.adapter import Client, Limits
from bridgekit.facts import AttachmentKind
from bridgekit.supports import (
    SupportsChatChange,
    SupportsDelete,
    SupportsEdit,
    SupportsLocation,
    SupportsMembership,
    SupportsPoll,
    SupportsReact,
    SupportsReceipt,
    SupportsTyping,
)

KIND = "com.beeper.room_features"
FULLY, PARTLY, REFUSED = 2, 1, -2

_MESSAGE_TYPES = {
    AttachmentKind.IMAGE: "m.image",
    AttachmentKind.FILE: "m.file",
    AttachmentKind.AUDIO: "m.audio",
    AttachmentKind.VIDEO: "m.video",
    AttachmentKind.VOICE: "org.matrix.msc3245.voice",
    AttachmentKind.STICKER: "m.sticker",
}
# The core falls back for these (a quote, a new message, a line of text), so they are not refused.
_REPLACED = {
    "edit": SupportsEdit,
    "reaction": SupportsReact,
    "poll": SupportsPoll,
    "location_message": SupportsLocation,
}


def room_features(client: Client, limits: Limits) -> Mapping[str, Any]:
    """The content of the state event of a chat with these limits, seen through this client."""
    features: dict[str, Any] = {
        "reply": FULLY if limits.replies else PARTLY,
        "thread": FULLY if limits.threads else PARTLY,
        "delete": FULLY if isinstance(client, SupportsDelete) else REFUSED,
        "read_receipts": isinstance(client, SupportsReceipt),
        "typing_notifications": isinstance(client, SupportsTyping),
        "file": _files(limits),
        **{name: _level(client, ability) for name, ability in _REPLACED.items()},
    }
    if isinstance(client, SupportsChatChange):
        kinds = ("m.room.name", "m.room.topic", "m.room.avatar")
        features["state"] = {kind: {"level": FULLY} for kind in kinds}
    if isinstance(client, SupportsMembership):
        features["member_actions"] = dict.fromkeys(("invite", "kick", "ban"), FULLY)
    return features | _bounds(limits)


def _level(client: Client, ability: type) -> int:
    return FULLY if isinstance(client, ability) else PARTLY


def _bounds(limits: Limits) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    if limits.text is not None:
        bounds["max_text_length"] = limits.text
    if limits.edit_age is not None:
        bounds["edit_max_age"] = int(limits.edit_age)
    if limits.emoji is not None:
        bounds["allowed_reactions"] = sorted(limits.emoji)
    return bounds


def _files(limits: Limits) -> dict[str, Any]:
    """By message type; a kind that the network does not take goes as a link."""
    mimes = ["*/*"] if limits.mime is None else sorted(limits.mime)
    size = {} if limits.media is None else {"max_size": limits.media}
    return {
        name: {"mime_types": dict.fromkeys(mimes, FULLY), "caption": FULLY, **size}
        if kind in limits.attachments
        else {"mime_types": {"*/*": PARTLY}, "caption": PARTLY}
        for kind, name in _MESSAGE_TYPES.items()
    }
