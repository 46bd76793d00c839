"""What is known of chats, people and files: the records that events and look-ups both carry.

A None field means unchanged or unknown; "" means cleared.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridgekit.ids import ChatID, RemoteUserID


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation; `private` means that its portal belongs to the one login that sees it.

    `parent` is the chat that this one is a part of, like a topic of a forum: where that is bridged,
    this one gets a room of its own with the first that happens in it.
    """

    id: ChatID
    private: bool = False
    parent: ChatID | None = None


class AttachmentKind(StrEnum):
    IMAGE = "image"
    FILE = "file"
    AUDIO = "audio"
    VIDEO = "video"
    VOICE = "voice"
    STICKER = "sticker"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file by reference; the bytes are fetched when they are needed.

    `source` is opaque: the adapter's own (network to Matrix; a URL where the client does not
    support downloads) or the core's (Matrix to network). `size` is in bytes, `width` and `height`
    in pixels, `duration` in seconds.
    """

    kind: AttachmentKind
    source: str
    name: str
    mime: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """How a person is shown."""

    name: str
    avatar: Attachment | None = None


@dataclass(frozen=True, slots=True)
class UserInfo:
    """What is known of a person."""

    id: RemoteUserID | None = None
    name: str | None = None
    avatar: Attachment | None = None
    bot: bool | None = None


class Rank(StrEnum):
    """What a member may do, from least to most."""

    MUTED = "muted"
    MEMBER = "member"
    VOICE = "voice"
    MODERATOR = "moderator"
    ADMIN = "admin"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a chat."""

    user: RemoteUserID
    name: str | None = None
    rank: Rank = Rank.MEMBER


@dataclass(frozen=True, slots=True)
class ChatInfo:
    """What is known of a chat.

    `members`, where given, is everybody who is in the chat: whoever is missing has left it. Leave
    it None where the list is long or not to be had. Those who are not in its room yet join it
    `up_front`, or with their first words. `may_speak` is the least rank whose messages
    the network takes: OWNER for an archived channel or a sender that nobody can answer. A chat that
    not everybody may see is `by_invitation`, and so is the room that is made for it. One that is
    `secret` may be entered by who knows of it, and is listed nowhere; nor is its room. `other` is
    whom a private chat is with, where its ID is not theirs; "": nobody can tell.
    """

    id: ChatID | None = None
    name: str | None = None
    topic: str | None = None
    avatar: Attachment | None = None
    direct: bool | None = None
    members: tuple[Member, ...] | None = None
    up_front: bool = True
    may_speak: Rank | None = None
    by_invitation: bool | None = None
    secret: bool | None = None
    other: RemoteUserID | None = None
