"""The record of a public link: what the world may read at an address of the bridge's. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridgekit.ids import EventID, RoomID
from bridgekit.models import Millis


class LinkKind(StrEnum):
    FILE = "file"
    LOCKED = "locked"  # a file that is encrypted: the event has its key
    AVATAR = "avatar"
    PAGE = "page"  # an event's text, where it is too long for a network


@dataclass(frozen=True, slots=True)
class MediaLink:
    """`event` shows it ("" for an avatar); `expires` 0 is never. `id` is what the URL ends in."""

    id: str
    kind: LinkKind
    mxc: str
    name: str
    mime: str
    room: RoomID
    event: EventID
    expires: Millis
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Redacted:
    """An event that was taken back: nobody may read any more what it showed."""

    room: RoomID
    event: EventID
