"""What an adapter is to the core: `Adapter`, `Client`, and the records they exchange.

An adapter translates one network and nothing else. It holds no queue, no retry loop, no mapping
and no Matrix ID. `supports.py` lists what it may add; `hosting.py` is what the core gives back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from bridgekit.events import MatrixEvent, Message
from bridgekit.facts import AttachmentKind, ChatInfo, UserInfo
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID

if TYPE_CHECKING:
    from bridgekit.hosting import Host

API_VERSION = 1

ConfigT = TypeVar("ConfigT")


class Unit(StrEnum):
    """What a network counts when it says that a text is too long."""

    CHARS = "chars"  #: Unicode code points
    UTF16 = "utf16"  #: UTF-16 code units
    BYTES = "bytes"  #: UTF-8 bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """What one chat can take; None means no limit that we know of.

    `text` counts in `unit`, where the event is relayed with its author's name and 4 more for what
    stands around that (": ", "<> "). `attachments` are the kinds taken (of others the core sends a
    link), each of at most `media` bytes and of a type in `mime`; types in `shrinks` are taken
    however large, as the adapter makes them smaller (`Host.link` does that). `replies` and
    `threads`: the network has them (else the core quotes, and makes a thread a row of replies).
    `quotes`: what is answered is quoted in any case, since few readers see what a reply is to.
    `edit_age` is how many seconds a message stays editable; `emoji` lists the reactions accepted.
    `pieces`: a message that would become more than so many is sent as a link to a page, where there
    can be links; None: only where the operator wants pages. `idempotent`: the network itself
    recognises a repeated `MatrixEvent.txn`, so a doubtful send is just repeated.
    """

    text: int | None = None
    unit: Unit = Unit.CHARS
    attachments: frozenset[AttachmentKind] = frozenset()
    replies: bool = False
    quotes: bool = False
    threads: bool = False
    media: int | None = None
    mime: frozenset[str] | None = None
    shrinks: frozenset[str] = frozenset()
    edit_age: float | None = None
    pieces: int | None = None
    emoji: frozenset[str] | None = None
    idempotent: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to ask a person for when they sign in."""

    name: str
    prompt: str
    secret: bool = False
    pattern: str | None = None  #: a regular expression that the whole answer must match
    choices: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the core must know of a network before it connects.

    `config` is the (pydantic) model of this network's part of the configuration. `api` is the
    version of the interface that the adapter was written for: a number of its own, which does not
    grow with ours; who says none was written for the first. `reactions` is
    how many different emoji one login may put on one message (None: any number). People behind
    one login share its slots: the core counts them, sends the first of an emoji and the removal of
    the last, and keeps the most recent where there are more than fit; 1: another one takes the
    place of the one that is there, which is not removed before. `aliases`: False where what a
    chat is called (a number, an address) is nobody's business: no room gets it as a public alias.
    """

    name: str
    title: str
    config: type[Any]
    api: int = 1
    limits: Limits = Limits()
    reactions: int | None = None
    login: tuple[Field, ...] = ()
    aliases: bool = True


@dataclass(frozen=True, slots=True)
class Login:
    """One account on the network that the bridge acts through.

    `person` is the display name of the one person it belongs to; None for the bridge's own.
    `relay`: it speaks for people who have no login. `exclusive`: nobody but the bridge uses the
    account, so what it is seen to say is the bridge's own echo and goes no further. The core sets
    it for automatic logins and the bridge's own, never for one that a person signed in to.
    """

    id: LoginID
    person: str | None
    credentials: Mapping[str, str] = field(repr=False)
    relay: bool
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on Matrix who may get a login of their own. `id` is stable and opaque."""

    id: str
    name: str
    localpart: str  #: a readable, ASCII fallback where `name` has nothing that the network takes


class LoginState(StrEnum):
    """How a login stands; `states.py` says which moves there are."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    ONLINE = "online"
    BACKOFF = "backoff"
    REFUSED = "refused"


class Role(StrEnum):
    """What a login does in a chat that several logins see. One listens; the core chooses."""

    LISTEN = "listen"  #: what it hands over is delivered
    STANDBY = "standby"  #: hands over all the same: the core keeps a little, in case it takes over
    IGNORE = "ignore"  #: need not hand over what others see too


@dataclass(frozen=True, slots=True)
class Sent:
    """The network has accepted a message, under these IDs (none where it gives none).

    More than one where the network made several messages of it, in the order they show.
    `pending`: the ID comes later, with a `RemoteEvent` that carries the same `txn`. `note` is a
    sentence for the sender, where it arrived otherwise than they would think ("as 6 SMS").
    """

    ids: tuple[MessageID, ...] = ()
    pending: bool = False
    note: str | None = None


class Adapter(ABC, Generic[ConfigT]):
    """One per enabled network, built once at start-up; the constructor must not do I/O."""

    manifest: ClassVar[Manifest]

    def __init__(self, config: ConfigT, host: Host) -> None:
        self.config = config
        self.host = host

    def lifespan(self) -> AbstractAsyncContextManager[Any]:
        """What all logins share (a socket, a webhook): entered before any `connect`.

        Entered and left in one task of this network's own, so that it may hold a `TaskGroup`. What
        it raises, at the start or later, ends all logins of the network; then it is entered anew
        with back-off. `ConfigError`: the network stays off, and the operator is told.
        """
        return nullcontext()

    @abstractmethod
    def connect(self, login: Login) -> AbstractAsyncContextManager[Client]:
        """A client that is ready to send: entering connects and signs in, leaving disconnects.

        Entering raises `LoginError` if the network refuses the login (the core stops and tells its
        person), `RetryLater` if it says when to come back; anything else is tried again with
        back-off. Leaving must leave no task and no socket behind.
        """


@runtime_checkable
class Client(Protocol):
    """One login's connection: the whole obligation. What else it can do, its bases declare."""

    me: RemoteUserID
    """Who this login is over there. Tell `Host.identity_changed` when it changes."""
    account: str = ""
    """What its person calls this account, where that is not `me`: their name, their workspace."""
    resumes: bool = False
    """This connection goes on where the last one ended: the network tells again whatever it was not
    acknowledged, what was said in between included (a queue, a session that is still there, a
    cursor). Set before `connect` yields. While it is False, and without `SupportsHistory`, a line
    in each room says that messages may be missing, before the first that comes.
    """

    @abstractmethod
    async def run(self) -> None:
        """Listen, until cancelled. Returning or raising means that the connection is gone: no lane
        asks this client any more, and what it has not answered ten seconds later is broken off.

        Hand each event to `Host.receive` and acknowledge it to the network only when that has
        returned. The core reconnects with back-off; after `LoginError` only once its person has
        acted, after `RetryLater` when it says. A client that learns that it has missed something
        returns: the gap is filled on reconnect, or shown if the next client does not say `resumes`.
        """

    @abstractmethod
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        """Send one message that fits the limits. Called for one event of a chat at a time.

        Return `Sent` once the network has accepted it. Raise `RetryLater`, `LoginError` or
        `ChatMoved` if it surely has not, `Rejected` if it never will. Anything else, cancellation
        and a crash included, means unknown: see `Limits.idempotent` and `SupportsLookup`.
        """

    @abstractmethod
    async def chat_info(self, chat: ChatID) -> ChatInfo:
        """What is known of a chat; called when its room is made. May do I/O."""

    @abstractmethod
    async def user_info(self, user: RemoteUserID) -> UserInfo:
        """What is known of a person; called when they first appear. May do I/O."""
