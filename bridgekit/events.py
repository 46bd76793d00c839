"""The vocabulary of both directions: what an adapter emits is also what it is asked to send.

`Content` says what happened; `RemoteEvent` (network to Matrix) and `MatrixEvent` (Matrix to
network) are the thin envelopes around it. `None` means unchanged or unknown, never "empty".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext.nodes import RichText


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation on the network. `private`: its portal belongs to the one login that sees it."""

    id: ChatID
    private: bool = False


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

    `source` is opaque: the adapter's own (network to Matrix) or the core's (Matrix to network).
    `size` is in bytes, `width` and `height` in pixels, `duration` in seconds.
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


class MessageKind(StrEnum):
    TEXT = "text"
    NOTICE = "notice"  # written by a program; never answered automatically
    EMOTE = "emote"  # "/me": the text continues the sender's name


@dataclass(frozen=True, slots=True)
class Message:
    """Something said. `profile` is the name and avatar for this message only."""

    text: RichText
    kind: MessageKind = MessageKind.TEXT
    attachments: tuple[Attachment, ...] = ()
    reply_to: MessageID | None = None
    thread: MessageID | None = None
    quote: RichText | None = None
    forwarded_from: str | None = None
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """`target` now reads `message`. `stamp` tells edits of one message apart and orders them."""

    target: MessageID
    message: Message
    stamp: str | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    target: MessageID


@dataclass(frozen=True, slots=True)
class Reaction:
    """`emoji` is Unicode, or the name of a custom emoji between colons."""

    target: MessageID
    emoji: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    target: MessageID
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The sender has read everything up to this message."""

    up_to: MessageID


@dataclass(frozen=True, slots=True)
class Typing:
    active: bool


class MemberState(StrEnum):
    JOIN = "join"
    INVITE = "invite"
    LEAVE = "leave"
    KICK = "kick"  # left because the event's sender said so
    BAN = "ban"


@dataclass(frozen=True, slots=True)
class Membership:
    """`user` is now a member, or no longer; the event's sender did it."""

    user: RemoteUserID
    state: MemberState
    reason: str = ""


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
    user: RemoteUserID
    name: str | None = None
    rank: Rank = Rank.MEMBER


@dataclass(frozen=True, slots=True)
class ChatInfo:
    """What is known of a chat; a None field means unchanged, "" means cleared."""

    id: ChatID | None = None
    name: str | None = None
    topic: str | None = None
    avatar: Attachment | None = None
    direct: bool | None = None
    ranks: tuple[Member, ...] | None = None


@dataclass(frozen=True, slots=True)
class UserInfo:
    """What is known of a person; a None field means unchanged, "" means cleared."""

    id: RemoteUserID | None = None
    name: str | None = None
    avatar: Attachment | None = None
    bot: bool | None = None


@dataclass(frozen=True, slots=True)
class ChatChange:
    info: ChatInfo


@dataclass(frozen=True, slots=True)
class UserChange:
    info: UserInfo


@dataclass(frozen=True, slots=True)
class Location:
    """Degrees north and east (WGS 84); `live` ones are edited in place."""

    latitude: float
    longitude: float
    name: str = ""
    live: bool = False


@dataclass(frozen=True, slots=True)
class Poll:
    question: str
    options: tuple[str, ...]
    multiple: bool = False
    anonymous: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Vote:
    """The sender's whole choice; empty withdraws it. Options count from 0."""

    target: MessageID
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something that Matrix, or this version, cannot show: a readable line in its place."""

    text: str


class DeliveryState(StrEnum):
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message that we sent."""

    target: MessageID
    state: DeliveryState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The chat goes by the ID `new` from here on."""

    new: ChatID


Content = (
    Message
    | Edit
    | Deletion
    | Reaction
    | Pin
    | Receipt
    | Typing
    | Membership
    | ChatChange
    | UserChange
    | Location
    | Poll
    | Vote
    | Unsupported
    | Delivery
    | Moved
)
C_co = TypeVar("C_co", bound=Content, covariant=True)


@dataclass(frozen=True, slots=True)
class RemoteEvent(Generic[C_co]):
    """Network to Matrix.

    `id` is the network's own ID of the message, where it has one. `key` names this delivery of it
    (an envelope, an update), so that a repeated one is known. `at` is when it happened. `txn` is
    set where the network echoes what a `MatrixEvent` carried, so that our own message is known.
    """

    chat: Chat
    sender: RemoteUserID
    content: C_co
    id: MessageID | None = None
    key: str | None = None
    at: datetime | None = None
    txn: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """An event stored as it came; `SupportsConvert` turns it into events later, in the lane."""

    chat: Chat
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class MatrixEvent(Generic[C_co]):
    """Matrix to network.

    `txn` is the same in every repetition of this send and differs between sends. `author` is who
    said it; `relayed` means that the login is not the author's own, so the name must be shown.
    """

    chat: Chat
    content: C_co
    txn: str
    author: Profile
    relayed: bool
