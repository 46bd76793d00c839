"""What a gateway is to the rest: how it is called, what it tells, and what it can do.

A gateway is a class with `send` and the abilities that it has among its bases: `Hooked` (it calls
us), `Searchable` (it can be asked what became of a send), `Downloads` (its files need a key), and
`Listening` of `listening.py` (we hold a connection).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

from aiohttp import ClientSession

from bridgekit import Absence, Finding, Found
from bridges.sms.opt_out import Wish
from bridges.sms.segments import Segments
from bridges.sms.settings import ProviderSettings
from bridges.sms.status import Rank
from bridges.sms.udh import MOST_PARTS


class ForgedError(Exception):
    """A call that is not the gateway's: its signature is missing, wrong or old."""


class UnusableError(Exception):
    """A call of the gateway's that nobody can understand; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a longer text, as its header says; `octets` are undecoded user data.

    `coding` is how they are encoded; where a gateway has decoded them, `text` has it instead.
    `id`: what the gateway calls this part, or "".
    """

    reference: str
    total: int
    number: int
    octets: bytes = b""
    coding: str = ""
    text: str | None = None
    id: str = field(default="", compare=False)

    @property
    def possible(self) -> bool:
        """Some phones write headers that cannot be: such a text stands alone."""
        return 1 <= self.number <= self.total <= MOST_PARTS


@dataclass(frozen=True, slots=True)
class Media:
    """A file that came along; `url` is the gateway's."""

    url: str
    mime: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from the phone network; numbers as the gateway spells them.

    `id` is the gateway's own, the same when it tells it again. `others` are further recipients of a
    group. `wish`: the gateway has understood it as that; `answered`: and has answered it.
    `fingerprint` stands for the ID where the gateway gives none: see `heard.py`.
    """

    sender: str
    to: str
    text: str
    id: str | None = None
    at: datetime | None = None
    media: tuple[Media, ...] = ()
    subject: str = ""
    others: tuple[str, ...] = ()
    part: Part | None = None
    wish: Wish | None = None
    answered: bool = False
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """How far a message of ours has come; `id` is the one that `send` gave.

    `txn` is `Outgoing.txn`, where the gateway hands it back: a send whose answer was lost is
    known by it. `others` are further recipients of a group, `peer` is whom this is about.
    """

    id: str
    own: str
    peer: str
    rank: Rank
    code: str = ""
    text: str = ""
    at: datetime | None = None
    txn: str = ""
    others: tuple[str, ...] = ()


Told = Inbound | Report


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send; `to` are several only for a group. `media` are URLs of ours."""

    own: str
    to: tuple[str, ...]
    text: str
    segments: Segments
    txn: str
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request as it came in. `url` is the one that the gateway was told, with its query."""

    method: str
    url: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    remote: str
    raw_query: str = ""

    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the gateway is answered once everything is stored."""

    status: int = 200
    body: str = ""
    kind: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a gateway takes. `segments`: parts of one text; `files`: of one message, 0: no MMS.

    `media` is in bytes for each file; `group`: people in one, ourselves not counted; `idempotent`:
    it knows a repeated `Outgoing.txn`; `answers`: it answers STOP and HELP itself; `keeps`: it
    tells again, for a day at least, what we did not take; `international`: it writes numbers with
    their country, but without the plus; `names_us`: it says which number of ours a text is for.
    """

    segments: int = 10
    files: int = 0
    media: int = 0
    group: int = 1
    idempotent: bool = False
    answers: bool = False
    keeps: bool = False
    international: bool = False
    names_us: bool = True

    def carry(self, message: Outgoing) -> bool:
        """Whether it can take all of a message, so that nothing and nobody is left out."""
        fits = len(message.to) <= self.group and len(message.media) <= self.files
        return fits and len(message.segments) <= self.segments


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a gateway is given.

    `url` is where it calls us back, `now` and `patience` (with an answer) are in seconds, `fetch`
    reads what needs no key, `own` are the numbers of ours that it carries, as it is told them.
    """

    http: ClientSession
    url: str
    now: Callable[[], float]
    fetch: Callable[[str], AsyncIterator[bytes]]
    patience: float = 30.0
    own: tuple[str, ...] = ()

    def url_for(self, txn: str) -> str:
        """Where it tells what becomes of one message: the same address, with our name for it."""
        return f"{self.url}?{urlencode({'txn': txn})}"


class Provider(ABC):
    """One account at a gateway, for as long as the network is at work."""

    title: ClassVar[str]
    traits: ClassVar[Traits] = Traits()
    options: ClassVar[Mapping[str, str] | None] = None
    """What its options may be, a regular expression for each; None: anything."""

    def __init__(self, settings: ProviderSettings, around: Surroundings) -> None:
        self.settings, self.around = settings, around

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """What it holds while it is at work; entering raises `LoginError` where it is refused."""
        await self.sign_in()
        if self.settings.option("set_hook") == "yes":
            await self.set_hook()
        yield

    async def set_hook(self) -> None:
        """Have it call us; asked for where its options have `set_hook`."""
        raise NotImplementedError

    @abstractmethod
    async def send(self, message: Outgoing) -> tuple[str, ...]:
        """The gateway's IDs; none where it gives none.

        Raises as `Client.send`: `RetryLater` and `LoginError` where it surely was not taken,
        `Rejected` where it never will be: then another gateway is tried. `OptedOutError` and
        `PartlyTakenError` are for what no other one is asked.
        """

    async def sign_in(self) -> None:
        """Ask whether the account is accepted; raises `LoginError` if it is not. Sends nothing."""
        return

    async def check(self) -> Sequence[Finding]:
        """What `doctor` finds beyond `sign_in`."""
        return ()

    async def hooks(self) -> Mapping[str, str]:
        """Whom it calls for each number, "" for nobody; nothing where it cannot be asked."""
        return {}

    async def owns(self, own: str) -> bool | None:  # noqa: ARG002 (a contract)
        """Whether this number is one of the account's; None: it cannot be asked."""
        return None


class Hooked(ABC):
    """It calls us."""

    @abstractmethod
    def verify(self, call: Call) -> None:
        """Raise `ForgedError` unless the gateway itself made this call, and just now."""

    def once(self, call: Call) -> str:  # noqa: ARG002 (a contract)
        """What no other call has, not even the gateway's own repetition of this one: a nonce, say.

        "" where it repeats a call to the byte: then nobody can tell that from a replay.
        """
        return ""

    @abstractmethod
    def parse(self, call: Call) -> Sequence[Told]:
        """What it tells; empty where it is nothing for us. Pure. Raises `UnusableError`."""

    reply: ClassVar[Reply] = Reply()
    signs: ClassVar[bool] = True  # calls; else `token` or `allow_from` must protect its address
    keyed: ClassVar[bool] = False  # whether what it signs with is `signing_key`
    shares_key: ClassVar[bool] = True  # so that set-up can sign a call itself

    @abstractmethod
    def sample(self) -> Call:
        """A call as the gateway would make and sign it, that tells nothing (for set-up)."""

    @abstractmethod
    def address(self) -> str:
        """What the operator puts into the gateway, so that it calls us."""

    def instructions(self) -> str:
        """How, as it is printed by set-up."""
        return f"have it call {self.address()}"


Known = Callable[[str], Awaitable[bool]]


class Searchable(ABC):
    """It can be asked for what was sent."""

    @abstractmethod
    async def find(self, message: Outgoing, since: datetime, known: Known) -> Found | Absence:
        """What became of a send, as `SupportsLookup.find`; the IDs are the gateway's own.

        `since` is by our clock. `known`: whether an ID is that of another message of ours.
        """


class Downloads(ABC):
    """Its files need a key."""

    @abstractmethod
    def download(self, url: str) -> AsyncIterator[bytes]:
        """The bytes of a file that a message named. Credentials go to the gateway's host only."""
