"""What an adapter can add before and beside any connection: names, sign-in, checks, set-up.

These are contracts for the `Adapter`; what a connected client can do is in `supports.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from bridgekit.adapter import Field, Login, Person
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, RemoteUserID

Credentials = Mapping[str, str]


class SupportsNames(ABC):
    """Public chats that people find by name; needs no connection and no host, must not block."""

    @abstractmethod
    def chat_named(self, name: str) -> Chat | None:
        """The chat that `name` (as in `#libera_NAME`) spells; None if no chat has such a name."""

    def withheld(self, chat: ChatID) -> str:  # noqa: ARG002 (whoever says no looks at it)
        """Why people may not have a chat bridged, as a sentence; "": they may.

        Asked when somebody wants it; what is bridged already is not withheld, nor is what the
        configuration links. Must not block.
        """
        return ""

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

    @property
    def callback_url(self) -> str:
        """Where `redirect` comes back to; raises `Rejected` where no public URL is configured."""

    @property
    def state(self) -> str:
        """Goes into `url` and comes back in the query, which shows that it is this person's.

        Good for one `redirect`: the next has another.
        """

    @property
    def person(self) -> str:
        """Who signs in, to be shown to whoever is asked on the network whether that is them."""

    @property
    def relay(self) -> bool:
        """An operator adds a login of the bridge's own (a workspace), not one of their own."""


class SupportsLogin(ABC):
    """A sign-in of more than filling in `Manifest.login`."""

    speaks: bool = True
    """False: signing in only shows who somebody is over there. What they say on Matrix still goes
    through the bridge's own login, under their name.
    """

    @abstractmethod
    async def login(self, flow: LoginFlow) -> Credentials:
        """What `connect` will get as `Login.credentials`; `LoginError` if the network refuses.

        It is cancelled when the person gives up, or lets too much time pass.
        """


class SupportsSignOut(ABC):
    """Networks where a session that nobody needs any more should be ended."""

    @abstractmethod
    async def sign_out(self, login: Login) -> None:
        """End over there what `login` signed in with; called while it is not connected.

        Also for an automatic login that is closed because it was idle: it signs in anew when it is
        needed. Whatever it raises, the bridge lets go of the login; where its person signed out,
        they are told to look themselves.
        """


class SupportsAutomaticLogin(ABC):
    """Networks where a person needs no account."""

    idle_after: float
    """Seconds without a word, either way, after which such a login is closed."""
    most: int | None = None
    """How many such logins may be connected at once. For one more, whoever has said nothing for the
    longest time is closed as if they had been idle; None: any number.
    """

    def comes_with(self, chat: ChatID) -> bool:  # noqa: ARG002 (an override looks)
        """Whether whoever joins the room of a shared chat gets a login at once, and is in the chat.

        Otherwise they do when they first say something. Must not block.
        """
        return False

    def brings(self, chat: ChatID) -> bool:
        """Whether those do who are in the room when the network is reached. Must not block."""
        return self.comes_with(chat)

    @abstractmethod
    def automatic_login(self, person: Person) -> Credentials | None:
        """A login for somebody who speaks for the first time; None: they are relayed instead."""


class SupportsRenaming(ABC):
    """Networks where an automatic login is named after its person, and may be named anew."""

    @abstractmethod
    async def rename(self, login: Login, person: Person) -> None:
        """Have this login of `SupportsAutomaticLogin` called after `person`, as they are now.

        Called, a while after, when they have changed their name on Matrix, whether or not it is
        connected; and again after a restart, so do nothing where it has the name already, or one
        that they have chosen over there. What it takes for the next connection is kept with
        `Host.credentials_changed`; of another `Client.me`, `Host.identity_changed` is told.

        Whatever it raises is shown to the operator: the login keeps its name, and this is not
        called again for the same one while the bridge runs. Do not wait for long.
        """


class SupportsOwnLogins(ABC):
    """Networks whose configuration itself holds logins: a bot, a number, a workspace."""

    @abstractmethod
    def own_logins(self) -> Mapping[str, Credentials]:
        """Name to credentials; each is a login with `relay`, which listens in shared chats."""

    def serves(self, login: Login, chat: ChatID) -> bool:  # noqa: ARG002 (an override looks)
        """Whether this login is the one for a shared chat; must not block.

        For networks where each has chats of its own (workspaces, numbers), also those that people
        added. Otherwise the first of the bridge's own listens everywhere. A person speaks there
        through a login of theirs of which this is true, else as somebody who has none.
        """
        return True

    def knows(self, login: Login, user: RemoteUserID) -> bool:  # noqa: ARG002 (an override looks)
        """Whether somebody, by their ID, is of the part of the network that this login is in.

        For networks where each has people of its own: of several logins of a person, one of which
        this is true is asked first for a chat with them. What is no ID is true of all.
        """
        return True

    def stand_in(self, chat: ChatID) -> LoginID | None:  # noqa: ARG002 (an override looks)
        """Which person's login listens in a shared chat that the bridge's own may not be in.

        None: the bridge's own does, or nobody. Asked of every event, so must not block. That one
        takes over from another without losing or doubling anything is the adapter's business: it
        sees all of them. It listens only: nobody else is relayed through it.
        """
        return None


class Severity(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check: what was seen and, unless it is well, what to do.

    `id` is what documentation and programs know a mistake by, like `tg-privacy`; it never changes.
    `why` says what the mistake leads to.
    """

    severity: Severity
    text: str
    fix: str = ""
    id: str = ""
    why: str = ""


class SupportsDoctor(ABC):
    @abstractmethod
    def check(self) -> AsyncIterator[Finding]:
        """Look whether this network would work with this configuration; changes nothing.

        Of the host there are only `mount`, for the address that the bridge would have, and
        `chats`, for those that are linked from the start.
        """


class Guide(Protocol):
    """A conversation with an operator who sets a network up."""

    callback_url: str | None
    """Where a provider sends people back who sign in; None where no public URL is configured."""

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
        """Take over a changed configuration, an instance of `Manifest.config`, while it runs.

        Called when the operator says `reload`, and where only settings of the adapter's own have
        changed. Raises `ConfigError` if that cannot be without a restart.
        """
