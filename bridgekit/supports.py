"""What an adapter can do beyond the obligation: small protocols, each named for one ability.

A class's bases are its feature list: `class SlackClient(Client, SupportsEdit, SupportsReact)`.
What is not declared, the core replaces by a fallback or refuses visibly; it never asks for it.
A method that sends raises and returns as `Client.send` does.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from bridgekit.adapter import Chat, Field, Limits, Person, Sent
from bridgekit.events import (
    Attachment,
    ChatChange,
    ChatInfo,
    Content,
    Deletion,
    Edit,
    MatrixEvent,
    Member,
    Membership,
    Message,
    Pin,
    Poll,
    Raw,
    Reaction,
    Receipt,
    RemoteEvent,
    Typing,
    UserInfo,
    Vote,
)
from bridgekit.ids import ChatID, MessageID, RemoteUserID

Credentials = Mapping[str, str]

# On a Client: kinds of content.


@runtime_checkable
class SupportsEdit(Protocol):
    @abstractmethod
    async def edit(self, event: MatrixEvent[Edit]) -> None: ...


@runtime_checkable
class SupportsDelete(Protocol):
    @abstractmethod
    async def delete(self, event: MatrixEvent[Deletion]) -> None: ...


@runtime_checkable
class SupportsReact(Protocol):
    @abstractmethod
    async def react(self, event: MatrixEvent[Reaction]) -> None: ...


@runtime_checkable
class SupportsReceipt(Protocol):
    @abstractmethod
    async def mark_read(self, event: MatrixEvent[Receipt]) -> None: ...


@runtime_checkable
class SupportsTyping(Protocol):
    @abstractmethod
    async def typing(self, event: MatrixEvent[Typing]) -> None: ...


@runtime_checkable
class SupportsMembership(Protocol):
    @abstractmethod
    async def set_member(self, event: MatrixEvent[Membership]) -> None: ...


@runtime_checkable
class SupportsChatChange(Protocol):
    @abstractmethod
    async def change_chat(self, event: MatrixEvent[ChatChange]) -> None: ...


@runtime_checkable
class SupportsPin(Protocol):
    @abstractmethod
    async def pin(self, event: MatrixEvent[Pin]) -> None: ...


@runtime_checkable
class SupportsPoll(Protocol):
    @abstractmethod
    async def poll(self, event: MatrixEvent[Poll]) -> Sent: ...

    @abstractmethod
    async def vote(self, event: MatrixEvent[Vote]) -> None: ...


# On a Client: help with delivery.


@runtime_checkable
class SupportsDownload(Protocol):
    @abstractmethod
    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of an attachment that this client emitted, in pieces."""


@runtime_checkable
class SupportsConvert(Protocol):
    @abstractmethod
    async def convert(self, raw: Raw) -> Sequence[RemoteEvent[Content]]:
        """Turn what was stored as it came into events. Called in the lane; may look things up."""


@runtime_checkable
class SupportsLimits(Protocol):
    @abstractmethod
    def limits(self, chat: Chat) -> Limits:
        """This chat's limits, where they differ from the manifest's. Must not block."""


@runtime_checkable
class SupportsSplit(Protocol):
    @abstractmethod
    def split(self, event: MatrixEvent[Message]) -> Sequence[Message]:
        """The parts to send, in order; default: by `Limits.text`. Pure. May raise `Rejected`."""


@runtime_checkable
class SupportsPacing(Protocol):
    @abstractmethod
    async def pace(self, event: MatrixEvent[Content]) -> None:
        """Wait until the network would take this. Called before each part, while nothing is
        marked as being sent, so a crash in the wait leaves no doubt. See `Host.pace`."""


class Absence(StrEnum):
    ABSENT = "absent"  # surely never accepted: it is sent again
    UNSURE = "unsure"  # cannot tell: it is reported, never sent again


@dataclass(frozen=True, slots=True)
class Found:
    """It was accepted, under these IDs."""

    ids: tuple[MessageID, ...]


@runtime_checkable
class SupportsLookup(Protocol):
    @abstractmethod
    async def find(self, chat: ChatID, txn: str) -> Found | Absence:
        """What became of the send that carried `txn`; asked after a crash or a lost answer."""


@runtime_checkable
class SupportsHistory(Protocol):
    @abstractmethod
    def history(
        self,
        chat: ChatID,
        *,
        after: MessageID | None = None,
        before: MessageID | None = None,
        limit: int,
    ) -> AsyncIterator[RemoteEvent[Content]]:
        """Past events, oldest first, at most `limit`."""


# On a Client: chats and people.


@runtime_checkable
class SupportsChats(Protocol):
    @abstractmethod
    async def enter(self, chat: ChatID) -> None:
        """Join a chat; `Rejected` if that is not to be. Joined already: nothing happens."""

    @abstractmethod
    async def leave(self, chat: ChatID) -> None: ...

    @abstractmethod
    def chats(self) -> AsyncIterator[ChatInfo]:
        """The chats that this login is in."""

    @abstractmethod
    def members(self, chat: ChatID) -> AsyncIterator[Member]:
        """Who is in a chat, itself included."""


@runtime_checkable
class SupportsContacts(Protocol):
    @abstractmethod
    async def resolve(self, identifier: str) -> Chat:
        """The private chat with whom people call `identifier`; `Rejected` if there is nobody."""

    @abstractmethod
    def search(self, text: str) -> AsyncIterator[UserInfo]: ...


@runtime_checkable
class SupportsCreate(Protocol):
    @abstractmethod
    async def create(self, info: ChatInfo, members: Sequence[RemoteUserID]) -> Chat: ...


# On an Adapter.


@runtime_checkable
class SupportsNames(Protocol):
    """Public chats that people find by name; needs no connection, and must not block."""

    @abstractmethod
    def chat_named(self, name: str) -> Chat | None:
        """The chat that `name` (as in `#libera_NAME`) spells; None if no chat has such a name."""

    @abstractmethod
    def user_named(self, name: str) -> RemoteUserID | None:
        """The person that `name` (as in `@libera_NAME`) spells; None if nobody can have it."""


class LoginFlow(Protocol):
    """A conversation with a person who signs in: the same in a chat, over HTTP, on a terminal."""

    async def ask(self, *fields: Field) -> Credentials: ...
    async def show(self, text: str, *, link: str | None = None, qr: str | None = None) -> None: ...
    async def redirect(self, url: str) -> Mapping[str, str]:
        """Send the person to `url`; returns the query of the call back to `callback_url`."""

    callback_url: str


@runtime_checkable
class SupportsLogin(Protocol):
    """A sign-in of more than filling in `Manifest.login`."""

    @abstractmethod
    async def login(self, flow: LoginFlow) -> Credentials: ...


@runtime_checkable
class SupportsAutomaticLogin(Protocol):
    """Networks where a person needs no account."""

    idle_after: float
    """Seconds without a word, either way, after which such a login is closed."""

    @abstractmethod
    def automatic_login(self, person: Person) -> Credentials | None:
        """A login for somebody who speaks for the first time; None: they are relayed instead."""


@runtime_checkable
class SupportsOwnLogins(Protocol):
    """Networks whose configuration itself holds logins: a bot, a number, a workspace."""

    @abstractmethod
    def own_logins(self) -> Mapping[str, Credentials]:
        """Name to credentials. They listen in shared chats, and speak for who has no login."""


class Severity(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check: what was seen and, unless it is well, what to do."""

    severity: Severity
    text: str
    fix: str = ""


@runtime_checkable
class SupportsDoctor(Protocol):
    @abstractmethod
    def check(self) -> AsyncIterator[Finding]:
        """Look whether this network would work with this configuration; changes nothing."""


class Guide(Protocol):
    """A conversation with an operator who sets a network up."""

    async def ask(self, *fields: Field) -> Credentials: ...
    async def show(self, text: str) -> None: ...
    async def report(self, finding: Finding) -> None: ...


@runtime_checkable
class SupportsSetup(Protocol):
    @abstractmethod
    async def setup(self, guide: Guide) -> None:
        """Walk the operator through what must exist at the provider, and check it there."""


@dataclass(frozen=True, slots=True)
class Command:
    """A bot command that only this network has; `method` names the client's coroutine."""

    name: str
    help: str
    method: str


@runtime_checkable
class SupportsCommands(Protocol):
    commands: ClassVar[tuple[Command, ...]]


@runtime_checkable
class SupportsReload(Protocol):
    @abstractmethod
    async def reload(self, config: Any) -> None: ...
