"""What of an encrypted event everybody can read, and who encrypts and reads the rest. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from bridgekit.errors import Rejected
from bridgekit.ids import RoomID, TransactionID

WHY = "dev.bridgekit.unreadable"
"""In the content of an encrypted event that goes on as it is: a `Why`."""
GIVEN_UP = "dev.bridgekit.given_up"
"""Among the unsigned data of an event that has waited for its key for long enough: a `Why`."""
LATE = "dev.bridgekit.late"
"""Among the unsigned data of an event whose key came so late that others have overtaken it."""
# What we know our own events by, and what an event refers to (spec, "m.room.encrypted").
_MARKS = ("dev.bridgekit.marker", "dev.bridgekit.notice", "dev.bridgekit.puppet")
OUTSIDE = (*_MARKS, "m.relates_to")

_POLLS = ("m.poll", "org.matrix.msc3381.poll")
SECRET = frozenset(
    {
        *("m.room.message", "m.sticker"),
        *(f"{name}.{act}" for name in _POLLS for act in ("start", "response", "end")),
    }
)
"""What clients encrypt; reactions and redactions they do not."""


SWITCHED_ON: Mapping[str, Any] = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}
"""What makes a room an encrypted one, for ever."""
NO_FILES = "(A file was sent, before the room was encrypted: it cannot be shown here.)"


class Why(StrEnum):
    """Why an encrypted event cannot be read, or one that had to be encrypted is not."""

    NO_KEY = "no_key"
    WITHHELD = "withheld"
    TOO_EARLY = "too_early"
    FORGED = "forged"
    REPLAYED = "replayed"
    UNKNOWN = "unknown"
    PLAIN = "plain"  # it is not encrypted at all, and had to be


SENTENCES = {
    Why.NO_KEY: "Its key has not come: your client has not shared it with the bridge.",
    Why.WITHHELD: "Your client does not give its key to the bridge: verify the bridge's device, or "
    "allow devices that are not verified.",
    Why.TOO_EARLY: "It was encrypted before the bridge was given the key.",
    Why.FORGED: "It is not what it claims to be.",
    Why.REPLAYED: "It repeats what was said before.",
    Why.UNKNOWN: "It is encrypted in a way that the bridge does not know.",
    Why.PLAIN: "It is not encrypted, and this bridge takes only what is: switch encryption on in "
    "the settings of this room.",
}


class NotEncrypted(Rejected):
    """It would be said in plain text, in a room where nothing may be."""

    def __init__(self) -> None:
        super().__init__("Its room is not encrypted, and nothing crosses in plain text.")


class Envelopes(Protocol):
    """What encrypts for rooms, and reads what was."""

    async def encrypts(self, room: RoomID) -> bool:
        """Whether what is said there is encrypted. May raise `RetryLater`, or `NotEncrypted`."""

    async def sealed(
        self, room: RoomID, kind: str, content: Mapping[str, Any], txn: TransactionID
    ) -> tuple[str, Mapping[str, Any]]:
        """The event as it is sent: of the same `txn` always the same.

        May raise `RetryLater`, or `NotEncrypted` where plain text may not cross.
        """

    async def opened(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """An event as it reads; itself where it cannot be read."""


class Opening(Protocol):
    """The events of one transaction, some of them encrypted."""

    async def open(self, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A well-formed event as it reads; None: nobody can read it yet, and it is kept."""

    def changes(self) -> Sequence[Any]:
        """What the commit of the split has to hold besides."""

    def stored(self) -> None:
        """It is committed."""


def why_of(content: Mapping[str, Any]) -> Why | None:
    """Why an encrypted event goes on as it is; None: nobody has tried to read it."""
    why = content.get(WHY)
    return Why(why) if isinstance(why, str) and why in set(Why) else None


def is_late(event: Mapping[str, Any]) -> bool:
    """Whether others have overtaken it, as its key came late."""
    unsigned = event.get("unsigned")
    return isinstance(unsigned, dict) and unsigned.get(LATE) is True


def without_file(kind: str, content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """A message as it may stand in an encrypted room: a file that is not encrypted may not.

    It says in words that there was one.
    """
    if not isinstance(content.get("url"), str):
        return kind, content
    body = content.get("body")
    said = f"{body}\n" if isinstance(body, str) and body else ""
    kept = {name: content[name] for name in (*OUTSIDE, "m.mentions") if name in content}
    return "m.room.message", {**kept, "msgtype": "m.notice", "body": f"{said}{NO_FILES}"}


async def read_with(
    envelopes: Envelopes | None, event: dict[str, Any] | None
) -> dict[str, Any] | None:
    """An event as it reads, and what replaced it (spec, "Event replacements")."""
    if envelopes is None or event is None:
        return event
    found = dict(await envelopes.opened(event))
    unsigned = event.get("unsigned")
    bundled = unsigned.get("m.relations") if isinstance(unsigned, dict) else None
    latest = bundled.get("m.replace") if isinstance(bundled, dict) else None
    if isinstance(unsigned, dict) and isinstance(bundled, dict) and isinstance(latest, dict):
        replaced = await envelopes.opened({"room_id": event.get("room_id"), **latest})
        found["unsigned"] = {**unsigned, "m.relations": {**bundled, "m.replace": replaced}}
    return found
