"""The vocabulary of both directions: what an adapter emits is also what it is asked to send.

`Content` says what happened; `RemoteEvent` (network to Matrix) and `MatrixEvent` (Matrix to
network) are the thin envelopes around it. `None` means unchanged or unknown, never "empty".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from bridgekit.facts import (
    Attachment,
    Chat,
    ChatInfo,
    Profile,
    Rank,
    UserInfo,
)
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext.nodes import RichText


class MessageKind(StrEnum):
    TEXT = "text"
    NOTICE = "notice"  #: written by a program; never answered automatically
    EMOTE = "emote"  #: "/me": the text continues the sender's name


@dataclass(frozen=True, slots=True)
class Message:
    """Something said.

    `thread` is the message that the thread hangs on; `broadcast`: said in a thread, and shown to
    the whole chat as well. `quote` is what the sender picked out of the message replied to, or a
    message of another chat. `profile` is the name and avatar for this message only.
    """

    text: RichText
    kind: MessageKind = MessageKind.TEXT
    attachments: tuple[Attachment, ...] = ()
    reply_to: MessageID | None = None
    thread: MessageID | None = None
    broadcast: bool = False
    quote: RichText | None = None
    forwarded_from: str | None = None
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """`target` now reads `message`, which is complete, attachments included.

    `stamp` tells edits of one message apart; later ones sort after earlier ones, as text: pad a
    number with zeros, or "10" comes before "9".
    `replaces_media`: the attachments are not those that `target` had.
    """

    target: MessageID
    message: Message
    stamp: str | None = None
    replaces_media: bool = False


@dataclass(frozen=True, slots=True)
class Deletion:
    """`target` was taken back."""

    target: MessageID


@dataclass(frozen=True, slots=True)
class Reaction:
    """`emoji` is Unicode, or the name of a custom emoji between colons."""

    target: MessageID
    emoji: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """`target` is pinned, or no longer."""

    target: MessageID
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The sender has read everything up to this message; of its own person any login tells it."""

    up_to: MessageID


@dataclass(frozen=True, slots=True)
class Typing:
    """The sender types, or no longer."""

    active: bool


class MemberState(StrEnum):
    JOIN = "join"
    INVITE = "invite"
    LEAVE = "leave"  #: by themselves; of somebody who is banned: the ban ends
    KICK = "kick"  #: left because the event's sender said so
    BAN = "ban"


@dataclass(frozen=True, slots=True)
class Membership:
    """`user` is now a member, or no longer; the event's sender did it.

    A change of rank is a JOIN with the new `rank` (None: unchanged, MEMBER for somebody new).
    """

    user: RemoteUserID
    state: MemberState
    reason: str = ""
    rank: Rank | None = None


@dataclass(frozen=True, slots=True)
class ChatChange:
    """The chat has another name, topic, picture and so on; what is None is as before."""

    info: ChatInfo


@dataclass(frozen=True, slots=True)
class Location:
    """Degrees north and east (WGS 84). A later `stamp` under the same ID replaces it (`live`).

    `reply_to` and `thread` as of a `Message`.
    """

    latitude: float
    longitude: float
    name: str = ""
    live: bool = False
    stamp: str | None = None
    reply_to: MessageID | None = None
    thread: MessageID | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """A question to choose from. A later `stamp` under the same ID replaces it.

    Towards the network, `target` is the poll that this one replaces (`closed`: ends). `reply_to`
    and `thread` as of a `Message`.
    """

    question: str
    options: tuple[str, ...]
    multiple: bool = False
    anonymous: bool = False
    closed: bool = False
    stamp: str | None = None
    target: MessageID | None = None
    reply_to: MessageID | None = None
    thread: MessageID | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """The sender's whole choice; empty withdraws it. Options count from 0."""

    target: MessageID
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something that Matrix, or this version, cannot show: a readable line in its place.

    `reply_to` and `thread` as of a `Message`.
    """

    text: str
    reply_to: MessageID | None = None
    thread: MessageID | None = None


class DeliveryState(StrEnum):
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message that we sent: for the event's sender, or without one altogether."""

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

    `sender` is None where nobody did it: a list of members, a word of the network's own; the bot
    of the bridge shows it. `id` is the network's own ID of the message, where it has one. `key`
    names this delivery of it (an envelope, an update), so that a repeated one is known. `at` is
    when it happened, with its time zone (more than 90 days ago: it is set aside, as nobody knows
    whether it was bridged then). `txn` is set where the network echoes what a `MatrixEvent`
    carried, so that our own message is known. `people` is what the event happens to tell of people
    in it, each with an ID: it saves a look-up and keeps names fresh.
    """

    chat: Chat
    sender: RemoteUserID | None
    content: C_co
    id: MessageID | None = None
    key: str | None = None
    at: datetime | None = None
    txn: str | None = None
    people: tuple[UserInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """An event stored as it came; `SupportsConvert` turns it into events later, in the lane."""

    chat: Chat
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class MatrixEvent(Generic[C_co]):
    """Matrix to network.

    `txn` is the same in every repetition of this send and differs between sends: at most 36 ASCII
    letters, digits and hyphens. `author` is who said it; `relayed` means that the login is not
    the author's own, so the adapter shows the name.
    """

    chat: Chat
    content: C_co
    txn: str
    author: Profile
    relayed: bool
