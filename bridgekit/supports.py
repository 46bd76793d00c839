"""What a client can do beyond the obligation: small contracts, each named for one ability.

A class's bases are its feature list: `class SlackClient(Client, SupportsEdit, SupportsReact)`;
where logins differ (a bot, a person), so do their classes, and `connect` is annotated to yield
`Bot | Person`. What is not declared, the core replaces by a fallback or refuses visibly; it never
asks for it. A method that sends raises as `Client.send` does; one that returns None sets a state,
so that in doubt the core simply repeats it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from bridgekit.adapter import Limits, Sent
from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Edit,
    Location,
    MatrixEvent,
    Membership,
    Message,
    Pin,
    Poll,
    Raw,
    Reaction,
    Receipt,
    RemoteEvent,
    Typing,
    Vote,
)
from bridgekit.facts import Attachment, Chat, ChatInfo, Member, UserInfo
from bridgekit.ids import ChatID, MessageID, RemoteUserID

# Kinds of content.


class SupportsEdit(ABC):
    @abstractmethod
    async def edit(self, event: MatrixEvent[Edit]) -> None:
        """`Edit.target` now reads `Edit.message`, which is complete and fits the limits."""


class SupportsDelete(ABC):
    @abstractmethod
    async def delete(self, event: MatrixEvent[Deletion]) -> None:
        """Take `Deletion.target` back. It is gone already: nothing happens."""


class SupportsReact(ABC):
    @abstractmethod
    async def react(self, event: MatrixEvent[Reaction]) -> None:
        """Add a reaction, or take it away (`removed`). It is so already: nothing happens."""


class SupportsReceipt(ABC):
    @abstractmethod
    async def mark_read(self, event: MatrixEvent[Receipt]) -> None:
        """Tell that this login's person has read everything up to `Receipt.up_to`."""


class SupportsTyping(ABC):
    for_others: ClassVar[bool] = False
    """True: a relay tells it too, when anybody types for whom it speaks; `author` has no name."""

    @abstractmethod
    async def typing(self, event: MatrixEvent[Typing]) -> None:
        """Tell that this login's person types, or no longer."""


class SupportsMembership(ABC):
    @abstractmethod
    async def set_member(self, event: MatrixEvent[Membership]) -> None:
        """Bring somebody in, or out, or to another rank; `Rejected` where this login may not."""


class SupportsChatChange(ABC):
    entry: ClassVar[bool] = False
    """True: it takes `by_invitation`, too: whether all may come in, or those who are invited."""

    @abstractmethod
    async def change_chat(self, event: MatrixEvent[ChatChange]) -> None:
        """Give the chat a name, topic, picture or `may_speak`; None leaves each as it is."""


class SupportsPin(ABC):
    @abstractmethod
    async def pin(self, event: MatrixEvent[Pin]) -> None:
        """Pin a message, or take the pin away (`removed`). It is so already: nothing happens."""


class SupportsPoll(ABC):
    @abstractmethod
    async def poll(self, event: MatrixEvent[Poll]) -> Sent:
        """Ask a question; with a `target`, end that poll (a state: it may be repeated)."""

    @abstractmethod
    async def vote(self, event: MatrixEvent[Vote]) -> None:
        """Make this the login's whole choice; none withdraws it."""


class SupportsLocation(ABC):
    @abstractmethod
    async def send_location(self, event: MatrixEvent[Location]) -> Sent:
        """Send a place; raises as `Client.send` does."""


# Help with delivery.


class SupportsDownload(ABC):
    @abstractmethod
    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of an attachment that this login emitted, in pieces."""


class SupportsConvert(ABC):
    @abstractmethod
    async def convert(self, raw: Raw) -> Sequence[RemoteEvent[Content]]:
        """Turn what was stored as it came into events. Called in the lane; may look things up."""


class SupportsLimits(ABC):
    @abstractmethod
    def limits(self, chat: Chat) -> Limits:
        """The limits of one chat, where they differ from the manifest's. Must not block."""


class SupportsSplit(ABC):
    @abstractmethod
    def split(self, event: MatrixEvent[Message]) -> Sequence[Message]:
        """The parts to send, in order; default: by `Limits.text`. Pure. May raise `Rejected`."""


class SupportsPacing(ABC):
    @abstractmethod
    async def pace(self, event: MatrixEvent[Content]) -> None:
        """Wait until the network would take this; see `Host.pace`.

        Called before each part, while nothing is marked as being sent: a crash in the wait leaves
        no doubt. May raise what is sure already (`Rejected` for one who does not want any more).
        """


class Absence(StrEnum):
    """What `SupportsLookup.find` may answer besides `Found`."""

    ABSENT = "absent"  #: surely never accepted: it is sent again
    UNSURE = "unsure"  #: cannot tell: it is reported, never sent again


@dataclass(frozen=True, slots=True)
class Found:
    """It was accepted, under these IDs."""

    ids: tuple[MessageID, ...]


class SupportsLookup(ABC):
    @abstractmethod
    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        """What became of a send, begun at `since`; asked after a crash or a lost answer.

        By `event.txn` where the network shows it, else by what was said to whom and when.
        """


class SupportsHistory(ABC):
    @abstractmethod
    def history(
        self,
        chat: ChatID,
        *,
        after: MessageID | None = None,
        before: MessageID | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> AsyncIterator[RemoteEvent[Content]]:
        """Past events, oldest first, at most `limit`; messages with the ID that they had live.

        With `after`, the first ones behind that message; with `since`, the first that were said
        then or later, by the network's clock; else the last ones, of all or of those before
        `before`. At most one of the three is given. Fewer than `limit` mean that there are no
        more. A message reads as it does now, and what was deleted is left out.

        What has neither an ID nor a key is not bridged: the same past may be read again.
        """


# Chats and people.


class SupportsChats(ABC):
    enters_at_once: ClassVar[int] = 8
    """For how many chats `enter` is called at the same time, where there are many to enter."""

    @abstractmethod
    async def enter(self, chat: ChatID) -> None:
        """Join a chat; `Rejected` if that is not to be. Joined already: nothing happens."""

    @abstractmethod
    async def leave(self, chat: ChatID) -> None:
        """Leave a chat. Not in it: nothing happens."""


class SupportsChatList(ABC):
    @abstractmethod
    def chats(self) -> AsyncIterator[ChatInfo]:
        """The chats that this login is in, or may enter unasked; each once, with its ID and name.

        It is where a chat is looked for that people call by name (without `SupportsNames`), and
        what a network that is bridged as a whole (`sync`) is made of.
        """


class SupportsMembers(ABC):
    @abstractmethod
    def members(self, chat: ChatID) -> AsyncIterator[Member]:
        """Everybody in a chat, itself included, for lists too long for `ChatInfo.members`."""


class SupportsContacts(ABC):
    @abstractmethod
    async def resolve(self, identifier: str) -> Chat:
        """The direct chat with whom people call `identifier` (a name, a number, a remote user ID).

        `Rejected` if there is nobody of that name.
        """

    @abstractmethod
    def search(self, text: str) -> AsyncIterator[UserInfo]:
        """People whom `text` may mean, each with an ID; "": whom this login has as contacts."""


class SupportsPlace(ABC):
    place: str
    """What the network calls itself: a workspace, a server's network; "" if it does not say.

    Operators may configure one network twice, under two names. The core then sees that it is one,
    and links no chat of it to a room in a circle.
    """


class SupportsCreate(ABC):
    @abstractmethod
    async def create(self, info: ChatInfo, members: Sequence[RemoteUserID]) -> Chat:
        """Make a chat with these people; `Rejected` where this login may not."""


class SupportsEmoji(ABC):
    @abstractmethod
    async def emoji(self, name: str) -> Attachment | None:
        """The picture of a custom emoji, by its name without colons; None if there is none."""


@dataclass(frozen=True, slots=True)
class Command:
    """A bot command that only this network has; `arguments` is the usage line (`NICK [REASON]`).

    `admins`: for admins of the bridge alone. `private`: what is behind it may hold a password or be
    meant for one person, so the audit log says that it was given and no more.
    """

    name: str
    help: str
    arguments: str = ""
    admins: bool = False
    private: bool = False


class SupportsCommands(ABC):
    commands: ClassVar[tuple[Command, ...]]

    @abstractmethod
    async def command(self, name: str, arguments: Sequence[str], chat: Chat | None) -> str:
        """Run one of `commands`; returns the answer, for people. `chat`: where it was typed."""
