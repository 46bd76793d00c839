"""What an adapter can add before and beside any connection: names, sign-in, checks, set-up.

These are contracts for the `Adapter`; what a connected client can do is in `supports.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from bridgekit.adapter import Field, Person
from bridgekit.facts import Chat
from bridgekit.ids import RemoteUserID

Credentials = Mapping[str, str]


class SupportsNames(ABC):
    """Public chats that people find by name; needs no connection and no host, must not block."""

    @abstractmethod
    def chat_named(self, name: str) -> Chat | None:
        """The chat that `name` (as in `#libera_NAME`) spells; None if no chat has such a name."""

    @abstractmethod
    def user_named(self, name: str) -> RemoteUserID | None:
        """The person that `name` (as in `@libera_NAME`) spells; None if nobody can have it.

        Ghosts are called by IDs, so each ID spells its own person. Where people go by names that
        the network must be asked for, leave `SupportsNames` out: then `SupportsContacts` is asked.
        """

    @abstractmethod
    def private_chat(self, user: RemoteUserID) -> Chat:
        """The private chat with a person, as every login has one."""


class LoginFlow(Protocol):
    """A conversation with a person who signs in: the same in a chat, over HTTP, on a terminal."""

    async def ask(self, *fields: Field) -> Credentials:
        """The answers, by the names of the fields; an optional one may be absent."""

    async def show(self, text: str, *, link: str | None = None, qr: str | None = None) -> None:
        """Show a text, with a link or what is to be drawn as a QR code, in place of what was shown.

        Returns at once: to wait for what the person does with it is the adapter's business.
        """

    async def redirect(self, url: str) -> Mapping[str, str]:
        """Send the person to `url`; returns the query of the call back to `callback_url`."""

    callback_url: str
    state: str
    """Goes into `url` and comes back in the query, which shows that it is this person's."""
    relay: bool
    """An operator adds a login of the bridge's own (a workspace), not one of their own."""


class SupportsLogin(ABC):
    """A sign-in of more than filling in `Manifest.login`."""

    @abstractmethod
    async def login(self, flow: LoginFlow) -> Credentials:
        """What `connect` will get as `Login.credentials`; `LoginError` if the network refuses."""


class SupportsAutomaticLogin(ABC):
    """Networks where a person needs no account."""

    idle_after: float
    """Seconds without a word, either way, after which such a login is closed."""

    @abstractmethod
    def automatic_login(self, person: Person) -> Credentials | None:
        """A login for somebody who speaks for the first time; None: they are relayed instead."""


class SupportsOwnLogins(ABC):
    """Networks whose configuration itself holds logins: a bot, a number, a workspace."""

    @abstractmethod
    def own_logins(self) -> Mapping[str, Credentials]:
        """Name to credentials; each is a login with `relay`, which listens in shared chats."""


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


class SupportsDoctor(ABC):
    @abstractmethod
    def check(self) -> AsyncIterator[Finding]:
        """Look whether this network would work with this configuration; changes nothing."""


class Guide(Protocol):
    """A conversation with an operator who sets a network up."""

    async def ask(self, *fields: Field) -> Credentials:
        """The answers, by the names of the fields; an optional one may be absent."""

    async def show(self, text: str) -> None:
        """Say what to do next."""

    async def report(self, finding: Finding) -> None:
        """Show what a check has found."""


class SupportsSetup(ABC):
    @abstractmethod
    async def setup(self, guide: Guide) -> None:
        """Walk the operator through what must exist at the provider, and check it there."""


class SupportsReload(ABC):
    @abstractmethod
    async def reload(self, config: Any) -> None:
        """Take over a changed configuration, an instance of `Manifest.config`, while it runs."""
