"""What of an encrypted event everybody can read, and who encrypts and reads the rest. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from bridgekit.errors import Rejected
from bridgekit.ids import RoomID, TransactionID, UserID

WHY = "dev.bridgekit.unreadable"
"""In the content of an encrypted event that goes on as it is: a `Why`."""
COMMAND = "dev.bridgekit.command"
"""In the content of one that came in plain text: it was for the bridge itself."""
WAS = "dev.bridgekit.was"
"""In the content of one that came in plain text: of which type it was."""
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
    TOO_SOON = "too_soon"  # nobody of the bridge could be given its key
    FORGED = "forged"
    REPLAYED = "replayed"
    UNKNOWN = "unknown"
    PLAIN = "plain"  # it is not encrypted at all, and had to be
    OFF = "off"  # it waited for its key, and encrypted rooms are read no more


SENTENCES = {
    Why.NO_KEY: "Its key has not come. Say it again; if that does not help, have your client make "
    "a new key first: in Element say /discardsession.",
    Why.WITHHELD: "Your client does not give its key to the bridge: verify the bridge's device, or "
    "allow devices that are not verified.",
    Why.TOO_EARLY: "It was encrypted before the bridge was given the key. Say it again.",
    Why.TOO_SOON: "It was said before anybody of the bridge could read here. Say it again.",
    Why.FORGED: "It is not what it claims to be.",
    Why.REPLAYED: "It repeats what was said before.",
    Why.UNKNOWN: "It is encrypted in a way that the bridge does not know.",
    Why.OFF: "The bridge does not read encrypted rooms any more, as its operator has set.",
    Why.PLAIN: "It is not encrypted, and this bridge takes only what is. Whoever may change the "
    "settings of this room, or an admin of this bridge, can switch encryption on: by `encrypt`.",
}


class NotEncrypted(Rejected):
    """It would be said in plain text, in a room where nothing may be."""


class Envelopes(Protocol):
    """What encrypts for rooms, and reads what was. `reads`: it does; else it sees that nothing of
    a network is said in plain text in rooms that are encrypted.
    """

    reads: bool

    async def look(self, room: RoomID, user: UserID | None = None) -> None:
        """A chat has got this room, which others have made: is it encrypted? `user` (None: the bot)
        is in it. May raise what requests raise.
        """

    async def expect(self, ghost: UserID) -> None:
        """Somebody is about to say something to it, as clients say it with the room's making: see
        that it can be read. May raise `RetryLater`.
        """

    async def enter(self, room: RoomID, host: UserID) -> None:
        """Be where this ghost is, in whose name the room is read. Raises what requests raise."""

    async def encrypts(self, room: RoomID) -> bool:
        """Whether what is said there is encrypted. May raise `RetryLater`, or `NotEncrypted`."""

    async def sealed(
        self,
        room: RoomID,
        kind: str,
        content: Mapping[str, Any],
        txn: TransactionID,
        user: UserID | None = None,
    ) -> tuple[str, Mapping[str, Any]]:
        """The event as `user` (None: the bot) sends it: of the same `txn` always the same.

        May raise `RetryLater`, or `NotEncrypted` where plain text may not cross.
        """

    async def unsent(self, room: RoomID, txn: TransactionID) -> None:
        """The homeserver refused it, so nobody has it: it may be sealed anew, as another event."""

    async def opened(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """An event as it reads; itself where it cannot be read."""

    async def opening(self, ghost: UserID) -> Opening:
        """For what was said to a ghost before any of us was there."""


class Opening(Protocol):
    """Events that are stored in one commit, some of them encrypted."""

    async def open(self, event: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A well-formed event as it reads; None: nobody can read it yet, and it is kept."""

    def changes(self) -> Sequence[Any]:
        """What the commit of the split has to hold besides."""

    def stored(self) -> None:
        """It is committed."""


def reads(envelopes: Envelopes | None) -> bool:
    """Whether encrypted rooms are bridged."""
    return envelopes is not None and envelopes.reads


def why_of(content: Mapping[str, Any]) -> Why | None:
    """Why an encrypted event goes on as it is; None: nobody has tried to read it."""
    why = content.get(WHY)
    return Why(why) if isinstance(why, str) and why in set(Why) else None


def kind_of(event: Mapping[str, Any]) -> str:
    """The type of an event as it came; people know it by that."""
    was = event["content"].get(WAS)
    return str(was if was in SECRET and why_of(event["content"]) is Why.PLAIN else event["type"])


def refused_command(event: Mapping[str, Any]) -> bool:
    """Whether it was said to the bridge itself, in a way in which it may not be."""
    return event["type"] == "m.room.encrypted" and event["content"].get(COMMAND) is True


def given_up(event: Mapping[str, Any]) -> Why | None:
    """Why nobody tries any more to read what has waited for its key; None: it has not."""
    unsigned = event.get("unsigned")
    why = unsigned.get(GIVEN_UP) if isinstance(unsigned, dict) else None
    return Why(why) if isinstance(why, str) and why in set(Why) else None


def unreadable(event: Mapping[str, Any], why: Why) -> Mapping[str, Any]:
    """As it goes on: without its ciphertext, which is of no use to anybody."""
    content = {name: event["content"][name] for name in OUTSIDE if name in event["content"]}
    return {**event, "content": {**content, WHY: why.value}}


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
